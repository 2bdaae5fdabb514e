#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Whether the conformance suite says of a device what is true: conform.sh good runs
# it on the device and the heap of this guest, conform.sh importing with a device that
# imports beside them, conform.sh broken on softtee with one thing wrong at a time, of
# the backend and of the ioctls, conform.sh surroundings on a good device where limits
# and other programs are in the way.
# shellcheck disable=SC3043 # busybox has it

# Runs the suite. What it required and did not find is in $ids then.
suite() {
	rstmem conform "$@" >/tmp/conform.out 2>/tmp/conform.err
	status=$?
	ids=$(sed -n 's/^not ok [0-9]* - \([a-z.-]*\)$/\1/p' /tmp/conform.out)
	# A report, not a message about why there is none.
	grep -q '^1\.\.[1-9]' /tmp/conform.out || status=none
}

show() {
	sed 's/^/# /' /tmp/conform.out /tmp/conform.err
}

conformant() {
	local name=$1
	shift
	suite "$@"
	if [ "$status" = 0 ] && [ ! "$ids" ]; then
		result 0 "$name: conformant"
	else
		show
		result 1 "$name: conformant"
	fi
	# What could not be found out is worth reading.
	grep '# SKIP' /tmp/conform.out | sed 's/^ok [0-9]* - /# /; s/# SKIP/skipped:/'
	tail -n 1 /tmp/conform.out
}

# That these checks fail, and no others; with "+", that these do.
noticed() {
	local name=$1 want=$2 id wrong=''
	shift 2
	suite "$@"
	[ "$status" = 1 ] || wrong="status $status"
	for id in $want; do
		[ "$id" = + ] || echo "$ids" | grep -qxF "$id" || wrong="$wrong no-$id"
	done
	case $want in
	*+) ;;
	*)
		for id in $ids; do
			case " $want " in *" $id "*) ;; *) wrong="$wrong also-$id" ;; esac
		done
		;;
	esac
	[ ! "$wrong" ] || { echo "# $wrong"; show; }
	[ ! "$wrong" ]
	result $? "$name: noticed by $want"
}

heap=protected,secure-video

# Not conformant is wrong where the surroundings keep the suite from testing: status 4,
# no failure, and each of these checks says so. With "su" in front, as nobody.
untested() {
	local name=$1 want=$2 id wrong=''
	shift 2

	"$@" >/tmp/conform.out 2>/tmp/conform.err
	status=$?
	[ $status = 4 ] || wrong="status $status"
	! grep -q '^not ok [0-9]* - [a-z.-]*$' /tmp/conform.out || wrong="$wrong failures"
	grep -q ' could not be tested: not known$' /tmp/conform.out || wrong="$wrong summary"
	for id in $want; do
		grep -qE "^ok [0-9]+ - $id # SKIP could not be tested: ..." /tmp/conform.out ||
			wrong="$wrong no-$id"
	done
	[ ! "$wrong" ] || { echo "# $wrong"; show; }
	[ ! "$wrong" ]
	result $? "$name: could not be tested, no failure"
}

limit() {
	echo "$2" >"/sys/class/rstmem/tee0,secure-video/limits/$1"
}

surroundings() {
	local as='su nobody -c' conform='rstmem conform' pid
	local fault='fault.unwritable fault.descriptor fault.memory'

	address=$(sed 's/^[^@]*@\(0x[0-9a-f]*\).*/\1/' /sys/module/softtee/parameters/pool)
	load
	result $? 'a small pool'
	chmod 0666 /dev/tee0 /dev/dma_heap/$heap

	# EDQUOT where EFAULT was to be tested, and everywhere else.
	limit user_buffers 0
	untested 'no buffers for a user, TEE device' "alloc.descriptor alloc.every-use-case alloc.concurrent alloc.too-large memory.killed $fault" \
		$as "$conform"
	untested 'no buffers for a user, heap' "alloc.descriptor heap.fd-flags heap.sizes $fault" \
		$as "$conform -H $heap"
	limit user_buffers 2
	untested 'two buffers for a user, TEE device' 'alloc.concurrent id.unique' \
		$as "$conform"
	limit user_buffers max
	limit buffer_bytes 64K
	untested 'small buffers, TEE device' 'alloc.too-large query.largest-free' $as "$conform"
	limit buffer_bytes max
	limit reserve 3M
	untested 'a reserve, TEE device' 'alloc.exhaustion query.largest-free' $as "$conform"
	limit reserve 0
	conformant 'root, TEE device'

	# Memory that others hold: all of it, all but a granule, half of it.
	rstmem alloc -s 4M --hold 600 >/dev/null &
	pid=$!
	until rstmem info | grep -q ' 4 MiB  *4 MiB '; do sleep 0.1; done
	untested 'all memory is held, TEE device' "alloc.descriptor alloc.exhaustion query.largest-free query.counts memory.killed $fault" \
		$conform
	untested 'all memory is held, heap' "alloc.descriptor alloc.exhaustion memory.killed heap.sizes $fault" \
		$conform -H $heap
	kill $pid
	wait $pid
	rstmem alloc -s 4092K --hold 600 >/dev/null &
	pid=$!
	until rstmem info | grep -q ' 4 MiB  *3.9 MiB '; do sleep 0.1; done
	untested 'all memory but a granule is held, TEE device' 'alloc.concurrent memory.close' \
		$conform
	kill $pid
	wait $pid
	rstmem alloc -s 2M --hold 600 >/dev/null &
	pid=$!
	until rstmem info | grep -q ' 4 MiB  *2 MiB '; do sleep 0.1; done
	conformant 'half of the memory is held, TEE device'
	conformant 'half of the memory is held, heap' -H $heap
	kill $pid
	wait $pid

	rstmem alloc -s 4M -- rstmem conform -j >/tmp/conform.json
	[ $? = 4 ] && grep -q '"conformant": null' /tmp/conform.json &&
		grep -q '"result": "untested"' /tmp/conform.json
	result $? 'in JSON: untested, conformant is null'
}

# Small, so that taking all of it is quick.
load() {
	rmmod softtee && modprobe softtee "pool=4M@$address"
}

# rstmem_bad_backend way=WAY: what the TEE device fails, and the heap ("-" for nothing).
backend() {
	modprobe rstmem_bad_backend "way=$1"
	result $? "the backend can misbehave: $1"
	noticed "backend $1, TEE device" "$2"
	# Memory that it kept is back then: a heap that has none cannot be tested.
	rmmod rstmem_bad_backend && modprobe rstmem_bad_backend "way=$1"
	if [ "$3" = - ]; then
		conformant "backend $1, which heaps do not show" -H $heap
	else
		noticed "backend $1, heap" "$3" -H $heap
	fi
	rmmod rstmem_bad_backend
	result $? "and behave again: $1"
}

front() {
	echo "$1" >/sys/module/rstmem_broken/parameters/way
	noticed "ioctls $1" "$2"
}

good() {
	conformant 'TEE device'
	conformant 'heap' -H $heap
	rstmem conform -j >/tmp/conform.json
	[ $? = 0 ] && grep -q '"conformant": true' /tmp/conform.json &&
		[ "$(grep -c '"id":' /tmp/conform.json)" = \
			"$(rstmem conform | grep -cE '^(not )?ok ')" ]
	result $? 'in JSON: the same number of checks, and conformant'
}

# Few kernels have a device that imports and takes no hardware.
importing() {
	modprobe vgem || bail 'this kernel has no vgem'
	conformant 'TEE device, with an importer'
	grep -qE '^ok [0-9]+ - buffer.import$' /tmp/conform.out
	result $? 'which had a buffer'
	conformant 'heap, with an importer' -H $heap
	grep -qE '^ok [0-9]+ - buffer.import$' /tmp/conform.out
	result $? 'and one of the heap'
}

broken() {
	address=$(sed 's/^[^@]*@\(0x[0-9a-f]*\).*/\1/' /sys/module/softtee/parameters/pool)

	load
	result $? 'a small pool'
	! modprobe rstmem_bad_backend way=everything 2>/dev/null
	result $? 'there is no such way to misbehave'
	all_memory='memory.close memory.dup memory.passed memory.killed memory.device-closed'
	backend buffers query.counts -
	backend caps query.caps -
	backend early 'query.largest-free alloc.exhaustion content.next-owner' -
	backend errno 'alloc.too-large alloc.exhaustion' 'alloc.too-large alloc.exhaustion +'
	backend granule alloc.rounding -
	backend large 'alloc.rounding alloc.concurrent' \
		'alloc.rounding alloc.concurrent'
	backend largest 'query.consistent query.largest-free content.next-owner' -
	backend never-frees 'query.counts memory.close +' 'memory.close +'
	backend no-scrub content.next-owner -
	backend overlap content.own -
	backend short 'alloc.descriptor +' 'alloc.descriptor +'
	backend used "query.counts alloc.exhaustion $all_memory memory.registration-last memory.dma-buf-last memory.registered-in" -

	modprobe rstmem_broken
	result $? 'the ioctls can be broken'
	echo nothing >/sys/module/rstmem_broken/parameters/way
	conformant 'ioctls that are not'
	front cloexec alloc.cloexec
	front exporter buffer.exporter
	front fault-descriptor fault.descriptor
	front fault-errno fault.unwritable
	front fault-memory fault.memory
	front flags-accepted alloc.flags-unknown
	front flags-written alloc.flags-written-back
	front id-anywhere 'id.elsewhere id.ends id.context-ends'
	front id-same 'alloc.concurrent id.unique id.works content.own content.next-owner'
	front id-zero 'id.positive id.unique id.works content.own content.next-owner'
	front mmap 'buffer.mmap +'
	front pad-accepted alloc.pad
	front query-flags query.flags-unknown
	front register-cloexec register.descriptor
	front register-cut register.descriptor-bad
	front register-flags register.flags-unknown
	front register-size register.tells
	front reserved-accepted alloc.use-case-reserved
	front size-cut alloc.size-overflow
	front size-not-written alloc.size-written-back
	front size-zero alloc.size-zero
	front use-case-accepted alloc.use-case-unknown
	front use-case-written alloc.use-case-kept
	front written-on-failure 'alloc.size-overflow alloc.use-case-reserved alloc.use-case-unknown alloc.flags-unknown alloc.pad'
	rmmod rstmem_broken
	result $? 'nothing is left of it'
}

. ktap.sh
"$1"
finish
