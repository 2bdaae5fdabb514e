#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# rstmem doctor --prove on memory with faked flaws, and behind firewalls that hold.
#
#	prove.sh flaws ALIAS DISTANCE	on amd64: DISTANCE above the memory at ALIAS, which the
#					kernel does not know, the same memory shows again
#	prove.sh engine			with a DMA engine of the kernel's framework
#	prove.sh firewall		with OP-TEE
#	prove.sh abort			the same, with loads of the kernel, which are faults of it
# shellcheck disable=SC3043,SC2016 # busybox has local; text in single quotes is for eval
out=/tmp/out
err=/tmp/err
flaws=0
found=0

. ktap.sh
details() {
	echo "# status $status"
	sed 's/^/# stdout: /' "$out"
	sed 's/^/# stderr: /' "$err"
}

# prove ARGUMENT...
prove() {
	rstmem doctor --prove --json "$@" >"$out" 2>"$err" </dev/null
	status=$?
}

# of WAY KEY: a member of the way's object.
of() {
	awk -v way="\"way\": \"$1\"," -v key="\"$2\":" '
		index($0, "\"way\":") { here = index($0, way) }
		here && $1 == key {
			sub(/^[^:]*: /, "")
			sub(/,$/, "")
			gsub(/"/, "")
			print
			exit
		}' "$out"
}

# total KEY: a number at the end.
total() {
	sed -n "s/^  \"$1\": \([a-z0-9]*\),*$/\1/p" "$out"
}

is() {
	[ "$(of "$1" result)" = "$2" ]
}

# flaw NAME WAY: a case that is ok when the way leaks, and counts.
flaw() {
	flaws=$((flaws + 1))
	if is "$2" leaked && [ "$status" = 1 ]; then
		found=$((found + 1))
		echo "# found: $1: $2: $(of "$2" text)"
		result 0 "flaw: $1: the doctor finds it"
	else
		echo "# missed: $1: $2: $(of "$2" result): $(of "$2" text)"
		result 1 "flaw: $1: the doctor finds it"
	fi
}

refused() {
	local way

	for way; do
		is "$way" refused
		result $? "$name: $way is refused"
	done
}

gone() {
	check "$name: the module rstmem_prove is unloaded afterwards" \
		[ ! -d /sys/module/rstmem_prove ]
}

# with MODULE PARAMETER...: proves what it offers.
with() {
	local module="$1"

	modprobe "$@" || bail "modprobe $*"
	prove --yes
	used=$(cat /sys/class/rstmem/*/used)
	check "$name: no memory stays in use" [ "$used" = 0 ]
	rmmod "$module" || bail "$module does not unload"
}

# buffers COUNT: waits until so many are there.
buffers() {
	until [ "$(cat /sys/class/rstmem/*/buffers)" = "$1" ]; do sleep 0.02; done
}

flaws() {
	local alias="$1" distance="$2"

	name='no engine'
	modprobe softtee pool=1M@0x10000000 || bail 'no softtee'
	prove --yes
	check 'no engine: says that DMA was not tried' is DMA 'not tried'
	gone
	name='closed output'
	rstmem doctor --prove --yes 2>/dev/null | true
	gone
	name='SIGCHLD ignored'
	sh -c "trap '' CHLD; exec rstmem doctor --prove --yes --json" >"$out" 2>"$err" </dev/null
	status=$?
	check 'SIGCHLD ignored: the module is loaded' is DMA 'not tried'
	gone
	prove
	check 'no consent: ends with status 2' [ "$status" = 2 ]
	check 'no consent: says what to do' grep -q 'add --yes to allow it' "$err"
	gone
	su nobody -c 'rstmem doctor --prove --yes' >"$out" 2>"$err" </dev/null
	status=$?
	check 'without privileges: ends with status 4' [ "$status" = 4 ]
	check 'without privileges: says that only root may try' grep -q '^rstmem: only root' "$err"
	rmmod softtee

	# The engine needs rstmem_prove, which then stays.
	modprobe rstmem_edu || bail "no edu"
	modprobe rstmem_prove_edu broken=1 || bail "no engine"
	name='broken engine'
	with softtee pool=1M@0x10000000
	check 'broken engine: the doctor says that it failed' is 'DMA by engine 0' 'not tried'
	check 'broken engine: the doctor tries the next one' is 'DMA by edu' leaked
	rmmod rstmem_prove_edu

	modprobe rstmem_prove_edu || bail "no engine"
	name='softtee'
	with softtee pool=16M@0x10000000
	flaw 'no firewall, a mapping of a module' mapping
	flaw 'no firewall, loads of the kernel' 'kernel load'
	flaw 'no firewall, a DMA engine' 'DMA by edu'
	flaw 'no firewall, /dev/mem of a kernel that allows it' /dev/mem
	refused /proc/kcore alias neighbours 'crash dump' hibernation
	check 'softtee: the module stays when it was loaded before' \
		[ -d /sys/module/rstmem_prove ]

	name='pieces'
	modprobe softtee pool=1M@0x10000000 || bail 'no softtee'
	# Every other page is taken.
	set --
	for count in $(seq 48); do
		rstmem alloc -s 4K -- sleep 1000 &
		set -- "$@" $!
		buffers "$count"
	done
	while [ $# -gt 0 ]; do
		kill "$1"
		shift 2
	done
	buffers 24
	prove --yes
	check 'pieces: the doctor says that free memory was not tried' is rest 'not tried'
	killall sleep
	buffers 0
	rmmod softtee

	name='alias'
	with softtee "pool=16M@$alias"
	flaw 'the memory shows again at a power of two' alias
	check 'alias: the doctor tells the distance' \
		eval "of alias text | grep -q 'which is $distance above the buffer'"

	name='kept'
	echo 120000 >/sys/module/tee_rstmem/parameters/wait_ms
	with softtee elastic=512M@0x108000000 elastic_keep_mapping=1 elastic_idle_ms=0
	flaw 'memory in /proc/kcore' /proc/kcore
	flaw 'memory in the list of a crash dump' 'crash dump'
	flaw 'memory that hibernation saves' hibernation
	flaw 'memory in the mapping of all RAM' 'cached kernel load'
	check 'kept: a mapping of RAM for a program is not tried' is mapping 'not tried'

	name='edges'
	with rstmem_firewall start=0x17000000 size=0x100000 flaw=edges
	flaw 'a range that is rounded the wrong way' mapping
	check 'edges: the first and the last page leak, the middle does not' \
		[ "$(of mapping leaks) of $(of mapping tries)" = '2 of 3' ]

	name='beyond'
	with rstmem_firewall start=0x17000000 size=0x100000 flaw=beyond
	flaw 'content behind the range' neighbours
	check 'beyond: the doctor gives the address behind the range' \
		[ "$(of neighbours address)" = $((0x17100000)) ]
	refused mapping 'kernel load' 'DMA by edu' /dev/mem

	name='firewall'
	with rstmem_firewall start=0x17000000 size=0x100000
	refused mapping 'cached mapping' 'kernel load' 'cached kernel load' 'DMA by edu' /dev/mem \
		/proc/kcore alias neighbours 'crash dump' hibernation
	check 'firewall: nothing leaks' [ "$(total leaked)" = 0 ]
	check 'firewall: all is tried' [ "$(total not_tried)" = 0 ]
	check 'firewall: JSON says that it holds' [ "$(total holds)" = true ]
	check 'firewall: ends with status 0' [ "$status" = 0 ]
	check 'firewall: three pages were marked' grep -q '"pages": 3,' "$out"
	check 'firewall: says that the TEE did not read the patterns back' \
		grep -q '"verified": false' "$out"
	check 'firewall: three addresses are tried' [ "$(of mapping tries)" = 3 ]

	rmmod rstmem_prove_edu rstmem_prove rstmem_edu
	echo "# $found of $flaws faked flaws found"
}

# With the kernel's framework of DMA engines. A device is its engine, by its address on PCI.
engine() {
	modprobe rstmem_edu || bail "no edu"
	modprobe rstmem_prove_edu || bail "no engine"
	pci=$(basename /sys/bus/pci/drivers/rstmem_edu/0*)
	name='softtee'
	with softtee pool=1M@0x10000000
	flaw 'no firewall, a DMA engine of the kernel' "DMA by $pci"
	gone
	name='firewall'
	with rstmem_firewall start=0x17000000 size=0x100000
	refused "DMA by $pci"
	check 'firewall: DMA reads zeros at all addresses' \
		eval 'of "DMA by $pci" text | grep -qx "zeros at 3 addresses"'
	check 'firewall: nothing leaks' [ "$(total leaked)" = 0 ]
	gone
	rmmod rstmem_prove_edu rstmem_edu
	echo "# $found of $flaws faked flaws found"
}

firewall() {
	name='OP-TEE'
	modprobe rstmem_prove_edu || bail 'no engine'
	prove --yes
	refused mapping 'cached mapping' 'DMA by edu' /dev/mem /proc/kcore alias neighbours
	check 'OP-TEE: nothing leaks' [ "$(total leaked)" = 0 ]
	check 'OP-TEE: ends with status 0' [ "$status" = 0 ]
	check 'OP-TEE: JSON says that it holds' [ "$(total holds)" = true ]
	check 'OP-TEE: a mapping gives a bus error at all addresses' \
		eval 'of mapping text | grep -qx "a bus error at 3 addresses"'
	check 'OP-TEE: /dev/mem gives a bus error at all addresses' \
		eval 'of /dev/mem text | grep -qx "a bus error at 3 addresses"'
	check 'OP-TEE: DMA reads zeros at all addresses' \
		eval 'of "DMA by edu" text | grep -qx "zeros at 3 addresses"'
	check 'OP-TEE: loads of the kernel are not tried without more consent' \
		eval 'of "kernel load" text | grep -q "prove=abort"'
	check 'OP-TEE: the TEE read the patterns back' grep -q '"verified": true' "$out"
	check 'OP-TEE: no memory stays in use' \
		[ "$(cat /sys/class/rstmem/tee0,secure-video/used)" = 0 ]
}

# The log is dirty afterwards, on purpose: tests/prove looks at it.
abort() {
	rstmem doctor --prove=abort --yes --json >"$out" 2>"$err" </dev/null
	status=$?
	name='abort'
	refused 'kernel load' 'cached kernel load'
	check 'abort: a load of the kernel ends the process that asked for it' \
		eval 'of "kernel load" text | grep -qx "a fault that ended the process at 3 addresses"'
	check 'abort: nothing leaks' [ "$(total leaked)" = 0 ]
	gone
	check 'abort: no memory stays in use' \
		[ "$(cat /sys/class/rstmem/tee0,secure-video/used)" = 0 ]
}

status=0
: >"$out"
: >$err
"$@"
finish
