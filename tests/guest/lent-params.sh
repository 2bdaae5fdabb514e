#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The parameter dynamic of optee_rstmem, on the board whose OP-TEE protects memory that is
# lent: values that the module and OP-TEE refuse, and the messages in the log.
loaded() {
	[ -d /sys/module/optee_rstmem ]
}

ram() {
	sed -n 's/^MemTotal: *\([0-9]*\).*/\1/p' /proc/meminfo
}

# load [PARAMETER]...: leaves the module's lines of the log in /tmp/log.
load() {
	dmesg -c >/dev/null
	modprobe optee_rstmem "$@" 2>/tmp/error
	status=$?
	log
	return $status
}

log() {
	dmesg | sed -n 's/^\[ *[0-9.]*\] optee_rstmem: //p' >/tmp/log
}

# bad NAME LINE PARAMETER...: the module refuses the PARAMETERs, logs LINE and leaves nothing.
bad() {
	name=$1 line=$2 why=''
	shift 2
	if load "$@"; then
		why='it loads'
		rmmod optee_rstmem
	elif loaded; then
		why='it stays loaded'
	elif ! grep -qF "$line" /tmp/log; then
		why="the log says: $(cat /tmp/log)"
	elif grep -q rstmem /proc/iomem; then
		why="claimed: $(grep rstmem /proc/iomem)"
	fi
	[ -z "$why" ] || echo "# $*: $why"
	[ -z "$why" ]
	result $? "load: refuses $name"
}

# Waits until all blocks are RAM.
settle() {
	while [ "$(cat /sys/class/rstmem/*/elastic/out)" != 0 ]; do usleep 10000; done
}

. ktap.sh
! loaded
result $? 'module: is not loaded before the test'
bad 'no parameter, and says which to give' 'say which with dynamic=SIZE@ADDRESS'
bad 'a dynamic= of another form' 'dynamic "x": not of the form SIZE@ADDRESS' dynamic=x
bad 'pool= beside dynamic=' 'give one of them' pool=4M@0x0ec00000 dynamic=512M@0xc8000000
bad 'several use cases' 'give one in use_cases=' dynamic=512M@0xc8000000 \
	use_cases=secure-video,trusted-ui
bad 'scrub=0' 'not with scrub=0' dynamic=512M@0xc8000000 scrub=0
bad 'a use case that OP-TEE does not protect' \
	'OP-TEE does not lend memory for trusted-ui: TEE result 0xffff0006' \
	dynamic=512M@0xc8000000 use_cases=trusted-ui
bad 'memory of the kernel' 'in use, or System RAM; set it aside with mem=' \
	dynamic=128M@0x48000000
bad 'a range that is not whole blocks' 'not whole blocks' dynamic=64M@0xc8000000

before=$(ram)
load dynamic=512M@0xc8000000
result $? 'load: accepts memory that was set aside'
grep -qxF 'lends up to 524288 KiB at 0x00000000c8000000-0x00000000e7ffffff' /tmp/log
result $? 'load: the log tells the memory'
settle
[ $(($(ram) - before)) -gt 500000 ]
result $? 'load: the memory is RAM while no buffer needs it'
rstmem info --json | grep -q '"protected": true'
result $? 'info: says that the memory is protected'
rmmod optee_rstmem
result $? 'unload: succeeds'

# The firmware of the board can protect memory below 4 GiB only.
before=$(ram)
load dynamic=128M@0x100000000
while [ "$(cat /sys/class/rstmem/*/elastic/poisoned)" = 0 ]; do usleep 10000; done
[ "$(ram)" = "$before" ]
result $? 'refused: memory that the firmware cannot protect does not become RAM'
log
grep -q 'OP-TEE does not protect 0x0000000100000000-0x0000000107ffffff: TEE result 0xffff' /tmp/log
result $? 'refused: the log tells it'
! rstmem alloc -s 1M >/dev/null 2>/tmp/error
result $? 'refused: an allocation fails'
rmmod optee_rstmem
result $? 'refused: the module can be unloaded'
# The lab does not expect all modules to be gone: one has the claim.
: >/lab/unload
finish
