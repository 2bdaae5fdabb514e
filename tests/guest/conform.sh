#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The conformance suite, on devices with known results.
#
#	conform.sh good		the device and the heap of this guest
#	conform.sh elastic	softtee with memory that grows, in a guest of amd64
#	conform.sh importing	the good device, beside a device that imports
#	conform.sh broken	softtee, with one fault at a time, of the backend or the ioctls
#	conform.sh surroundings	a good device under limits and beside other programs
# shellcheck disable=SC3043 # busybox has it

# suite ARGUMENT...: runs the suite and sets $status; $ids are the failed checks.
suite() {
	rstmem conform "$@" >/tmp/conform.out 2>/tmp/conform.err
	status=$?
	ids=$(sed -n 's/^not ok [0-9]* - \([a-z.-]*\)$/\1/p' /tmp/conform.out)
	# Without a plan there is no report.
	grep -q '^1\.\.[1-9]' /tmp/conform.out || status=none
}

show() {
	sed 's/^/# /' /tmp/conform.out /tmp/conform.err
}

conformant() {
	local name="$1"
	shift
	suite "$@"
	if [ "$status" = 0 ] && [ -z "$ids" ]; then
		result 0 "$name: is conformant"
	elif uname -r | grep -q '^6\.12\.' && [ ! -d /sys/class/rstmem_heap ] && [ "$1" = --heap ] &&
		[ "$ids" = 'fault.descriptor
fault.memory' ]; then
		skip "$name: is conformant" "the dma-heap framework of Linux 6.12 leaks after EFAULT"
	else
		show
		result 1 "$name: is conformant"
	fi
	# Show the reasons of skipped checks.
	grep '# SKIP' /tmp/conform.out | sed 's/^ok [0-9]* - /# /; s/# SKIP/skipped:/'
	tail -n 1 /tmp/conform.out
}

# noticed NAME IDS ARGUMENT...: exactly these checks fail; with a "+" at the end of IDS,
# others may fail too.
noticed() {
	local name="$1" want="$2" id wrong=''
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
	[ -z "$wrong" ] || { echo "# $wrong"; show; }
	[ -z "$wrong" ]
	result $? "$name: fails $want"
}

heap=protected,secure-video

# untested NAME IDS COMMAND...: the surroundings keep the suite from testing. COMMAND ends
# with status 4, no check fails, and each of IDS says that it could not be tested.
untested() {
	local name="$1" want="$2" id wrong=''
	shift 2

	"$@" >/tmp/conform.out 2>/tmp/conform.err
	status=$?
	[ "$status" = 4 ] || wrong="status $status"
	! grep -q '^not ok [0-9]* - [a-z.-]*$' /tmp/conform.out || wrong="$wrong failures"
	grep -q ' could not be tested: not known$' /tmp/conform.out || wrong="$wrong summary"
	for id in $want; do
		grep -qE "^ok [0-9]+ - $id # SKIP could not be tested: ..." /tmp/conform.out ||
			wrong="$wrong no-$id"
	done
	[ -z "$wrong" ] || { echo "# $wrong"; show; }
	[ -z "$wrong" ]
	result $? "$name: status 4, and no check fails"
}

limit() {
	echo "$2" >"/sys/class/rstmem/tee0,secure-video/limits/$1"
}

surroundings() {
	local pid
	local fault='fault.unwritable fault.descriptor fault.memory'

	address=$(sed 's/^[^@]*@\(0x[0-9a-f]*\).*/\1/' /sys/module/softtee/parameters/pool)
	load
	result $? 'softtee: loads with a small pool'
	chmod 0666 /dev/tee0 "/dev/dma_heap/$heap"

	# Every allocation fails with EDQUOT, also where the suite tests for EFAULT.
	limit user_buffers 0
	untested 'no buffers for a user, TEE device' "alloc.descriptor alloc.every-use-case alloc.concurrent alloc.too-large memory.killed $fault" \
		su nobody -c 'rstmem conform'
	untested 'no buffers for a user, heap' "alloc.descriptor heap.fd-flags heap.sizes $fault" \
		su nobody -c "rstmem conform --heap $heap"
	limit user_buffers 2
	untested 'two buffers for a user, TEE device' 'alloc.concurrent id.unique' \
		su nobody -c 'rstmem conform'
	limit user_buffers max
	limit buffer_bytes 64K
	untested 'small buffers, TEE device' 'alloc.too-large query.largest-free' su nobody -c 'rstmem conform'
	limit buffer_bytes max
	limit reserve 3M
	untested 'a reserve, TEE device' 'alloc.exhaustion query.largest-free' su nobody -c 'rstmem conform'
	limit reserve 0
	conformant 'root, TEE device'
	timeout 300 sh -c "trap '' CHLD; sleep 1000 & exec rstmem conform" >/dev/null
	result $? 'SIGCHLD ignored, and a child that is not of the suite: is conformant in time'
	killall sleep

	# Others hold all memory, all but a granule, half of it.
	rstmem alloc -s 4M --hold 600 >/dev/null &
	pid=$!
	until rstmem info | grep -q ' 4 MiB  *4 MiB '; do sleep 0.1; done
	untested 'all memory is held, TEE device' "alloc.descriptor alloc.exhaustion query.largest-free query.counts memory.killed $fault" \
		rstmem conform
	untested 'all memory is held, heap' "alloc.descriptor alloc.exhaustion memory.killed heap.sizes $fault" \
		rstmem conform --heap "$heap"
	kill "$pid"
	wait "$pid"
	rstmem alloc -s 4092K --hold 600 >/dev/null &
	pid=$!
	until rstmem info | grep -q ' 4 MiB  *3.9 MiB '; do sleep 0.1; done
	untested 'all memory but a granule is held, TEE device' 'alloc.concurrent memory.close' \
		rstmem conform
	kill "$pid"
	wait "$pid"
	rstmem alloc -s 2M --hold 600 >/dev/null &
	pid=$!
	until rstmem info | grep -q ' 4 MiB  *2 MiB '; do sleep 0.1; done
	conformant 'half of the memory is held, TEE device'
	conformant 'half of the memory is held, heap' --heap "$heap"
	kill "$pid"
	wait "$pid"

	rstmem alloc -s 4M -- rstmem conform -j >/tmp/conform.json
	[ $? = 4 ] && grep -q '"conformant": null' /tmp/conform.json &&
		grep -q '"result": "untested"' /tmp/conform.json
	result $? 'JSON: checks are untested and conformant is null'
}

# A small pool is quick to fill.
load() {
	rmmod softtee && modprobe softtee "pool=4M@$address"
}

# backend WAY IDS HEAP-IDS: the checks that fail on the TEE device, and on the heap ("-" for
# none), with rstmem_bad_backend way=WAY.
backend() {
	modprobe rstmem_bad_backend "way=$1"
	result $? "rstmem_bad_backend way=$1: loads"
	noticed "backend $1, TEE device" "$2"
	# Unloading frees the memory that the module kept, which the heap needs.
	rmmod rstmem_bad_backend && modprobe rstmem_bad_backend "way=$1"
	if [ "$3" = - ]; then
		conformant "backend $1, which heaps do not show" --heap "$heap"
	else
		noticed "backend $1, heap" "$3" --heap "$heap"
	fi
	rmmod rstmem_bad_backend
	result $? "rstmem_bad_backend way=$1: unloads"
}

front() {
	echo "$1" >/sys/module/rstmem_broken/parameters/way
	noticed "ioctls $1" "$2"
}

good() {
	conformant 'TEE device'
	conformant 'heap' --heap "$heap"
	rstmem conform -j >/tmp/conform.json &&
		grep -q '"conformant": true' /tmp/conform.json &&
		[ "$(grep -c '"id":' /tmp/conform.json)" = \
			"$(rstmem conform | grep -cE '^(not )?ok ')" ]
	result $? 'JSON: has as many checks as KTAP, and conformant is true'

	# rstmem_fake opens no sessions. No driver uses the memory that begins 80 MiB
	# above the start of the first pool.
	address=$(sed 's/^[^@]*@\(0x[0-9a-f]*\).*/\1/' /sys/module/softtee/parameters/pool)
	modprobe rstmem_fake mode=pool pool_size=0x100000 paddr=$((address + (80 << 20)))
	result $? 'rstmem_fake: loads'
	noticed 'driver without open_session' id.sessions -d /dev/tee1
	grep -q "^# open_session is missing .* EINVAL (Invalid argument)" /tmp/conform.out &&
		grep -q '^ok [0-9]* - id.works # SKIP open_session is missing' /tmp/conform.out
	result $? 'driver without open_session: the reason says so, with errno'
	rmmod rstmem_fake
	result $? 'rstmem_fake: unloads'
}

# vgem imports without hardware; few kernels have it.
importing() {
	modprobe vgem || bail 'this kernel has no vgem'
	conformant 'TEE device, with an importer'
	grep -qE '^ok [0-9]+ - buffer.import$' /tmp/conform.out
	result $? 'TEE device, with an importer: buffer.import passes'
	conformant 'heap, with an importer' --heap "$heap"
	grep -qE '^ok [0-9]+ - buffer.import$' /tmp/conform.out
	result $? 'heap, with an importer: buffer.import passes'
}

broken() {
	address=$(sed 's/^[^@]*@\(0x[0-9a-f]*\).*/\1/' /sys/module/softtee/parameters/pool)

	load
	result $? 'softtee: loads with a small pool'
	! modprobe rstmem_bad_backend way=everything 2>/dev/null
	result $? 'rstmem_bad_backend: refuses an unknown way'
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
	result $? 'rstmem_broken: loads'
	echo nothing >/sys/module/rstmem_broken/parameters/way
	conformant 'rstmem_broken way=nothing'
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
	result $? 'rstmem_broken: unloads'
}

elastic() {
	modprobe softtee pool=16M@0x10000000 elastic=512M@0x108000000 elastic_idle_ms=100
	result $? 'softtee: loads with memory that grows'
	conformant 'memory that grows: the TEE device' -d /dev/tee0
	conformant 'memory that grows: the heap' --heap /dev/dma_heap/protected,secure-video
	rmmod softtee
	result $? 'softtee: unloads'

	modprobe softtee elastic=64M@0x8000000 elastic_keep_mapping=1 || bail 'no softtee'
	echo 100 >/sys/module/tee_rstmem/parameters/wait_ms
	rstmem conform </dev/null | grep -qE '^ok [0-9]+ - query\.caps'
	result $? 'RAM that stays mapped: the suite knows its capability'
	rmmod softtee
}

. ktap.sh
"$1"
finish
