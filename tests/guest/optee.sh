#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# optee_rstmem as an administrator sees it: its parameters, loading it before and after
# the stock driver, unloading it while buffers are alive, the supplicant coming and
# going. OP-TEE protects 4 MiB at 0x0ec00000 in the lab's guest.
optee=/sys/bus/platform/drivers/optee

loaded() {
	[ -d /sys/module/optee_rstmem ]
}

claimed() {
	grep -c rstmem /proc/iomem
}

# load [PARAMETER]: leaves the module's lines of the log in /tmp/log.
load() {
	dmesg -c >/dev/null
	modprobe optee_rstmem "$@" 2>/tmp/error
	status=$?
	dmesg -c | sed -n 's/^\[ *[0-9.]*\] optee_rstmem: //p' >/tmp/log
	return $status
}

# figure USE-CASE MEMBER: what rstmem says, nothing if there is no such use case.
figure() {
	rstmem info --json |
		sed -n "/\"name\": \"$1\"/,/}/s/.*\"$2\": \([0-9]*\).*/\1/p" | head -n 1
}

# bad NAME PARAMETER LINE: refused, the log has LINE, nothing is left.
bad() {
	why=''
	if load "$2"; then
		why='it loads'
		rmmod optee_rstmem
	elif loaded; then
		why='it stays loaded'
	elif ! grep -qxF "$3" /tmp/log; then
		why="the log says: $(cat /tmp/log)"
	elif [ "$(claimed)" != 0 ]; then
		why="claimed: $(grep rstmem /proc/iomem)"
	fi
	[ -z "$why" ] || echo "# $2: $why"
	[ -z "$why" ]
	result $? "$1"
}

stop_supplicant() {
	killall tee-supplicant
	while killall -q -0 tee-supplicant; do usleep 10000; done
}

. ktap.sh
! loaded
result $? 'the module is not loaded'

within='pool= is not within 0x000000000ec00000-0x000000000effffff, which is what OP-TEE protects; leave it out'
uses='is not secure-video, trusted-ui or secure-video-record'
bad 'pool= that is none' pool=x 'pool "x": not of the form SIZE@ADDRESS'
bad 'pool= without a size' pool=0@0x0ec00000 'pool "0@0x0ec00000": size is 0'
bad 'pool= in the memory of the kernel' pool=1M@0x80000000 "$within"
bad 'pool= below what OP-TEE protects' pool=1M@0x0eb80000 "$within"
bad 'pool= above it' pool=4M@0x0ec01000 "$within"
bad 'use_cases= that is none' use_cases=video "use_cases: \"video\" $uses"
bad 'use_cases= with nothing behind a comma' use_cases=secure-video, "use_cases: \"\" $uses"
bad 'use_cases= with nothing at all' use_cases= "use_cases: \"\" $uses"

load
result $? 'it loads'
[ "$(cat /tmp/log)" = '4096 KiB at 0x000000000ec00000-0x000000000effffff' ]
result $? 'and says what OP-TEE protects'
[ "$(figure secure-video total)" = 4194304 ]
result $? 'all of it is for secure video'
[ -c '/dev/dma_heap/protected,secure-video' ]
result $? 'also as a heap'
rstmem info --json | grep -q '"protected": true'
result $? 'which is protected'
rstmem info --json | grep -q '"scrubs": false'
result $? 'and not scrubbed, it says'

# Whoever has a buffer has the module.
rstmem alloc -s 100K -- sleep 1000 &
holder=$!
while [ "$(figure secure-video used)" = 0 ]; do usleep 10000; done
! rmmod optee_rstmem 2>/dev/null
result $? 'it does not unload while there is a buffer'
stop_supplicant
[ "$(figure secure-video used)" = 102400 ]
result $? 'the supplicant ends, the buffer stays'
tee-supplicant -d
xtest regression_1001 >/dev/null
result $? 'the supplicant comes back, and OP-TEE works'
kill -KILL $holder
killall -q sleep
wait $holder 2>/dev/null
while [ "$(figure secure-video used)" != 0 ]; do usleep 10000; done
rmmod optee_rstmem
result $? 'then it unloads'
[ "$(claimed)" = 0 ]
result $? 'and claims nothing'
! rstmem info >/dev/null 2>&1
result $? 'restricted memory is gone'
xtest regression_1001 >/dev/null
result $? 'OP-TEE is not'

load pool=1M@0x0ed00000
result $? 'a part of what OP-TEE protects'
[ "$(figure secure-video total)" = 1048576 ]
result $? 'is the pool'
rstmem alloc -s 1M >/dev/null
result $? 'and can be had'
rmmod optee_rstmem

load use_cases=trusted-ui,secure-video
[ "$(figure trusted-ui total)" = 4194304 ]
result $? 'for another use case as well'
# Two buffers of the same memory, whatever they are for.
rstmem alloc -s 3M -u trusted-ui -- sh -c \
	'! rstmem alloc -s 2M -u secure-video 2>/dev/null && rstmem alloc -s 1M' >/dev/null
result $? 'which share it'
rmmod optee_rstmem

for round in 1 2 3 4 5 6 7 8 9 10; do
	if ! load || ! rstmem alloc -s 4M >/dev/null || ! rmmod optee_rstmem; then
		round=$round.
		break
	fi
done
[ "$round" = 10 ] && [ "$(claimed)" = 0 ]
result $? 'ten times loaded, used and unloaded'

# The stock driver comes later, goes, and comes back.
stop_supplicant
echo firmware:optee >$optee/unbind
load
result $? 'it loads where there is no OP-TEE yet'
[ "$(cat /tmp/log)" = "attaches to OP-TEE when its driver is there" ]
result $? 'and says so'
echo firmware:optee >$optee/bind
tee-supplicant -d
[ "$(figure secure-video total)" = 4194304 ]
result $? 'it attaches when the driver comes'
rstmem alloc -s 64K -- sleep 1000 &
holder=$!
while [ "$(figure secure-video used)" = 0 ]; do usleep 10000; done
kill -KILL $holder
killall -q sleep
wait $holder 2>/dev/null
stop_supplicant
echo firmware:optee >$optee/unbind
! rstmem info >/dev/null 2>&1
result $? 'lets go when it goes'
[ "$(claimed)" = 0 ]
result $? 'claims nothing'
echo firmware:optee >$optee/bind
tee-supplicant -d
[ "$(figure secure-video used)" = 0 ]
result $? 'and is back with it, empty'
rmmod optee_rstmem
result $? 'it unloads'
finish
