#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# optee_rstmem for an administrator: its parameters, loading it before and after the
# stock driver, unloading it while buffers live, an end and a new start of the
# supplicant, and the data left in freed memory. OP-TEE protects 4 MiB at 0x0ec00000 in the
# lab's guest.
optee=/sys/bus/platform/drivers/optee
all=4194304
extra=/lib/modules/$(uname -r)/extra
copy=/lib/optee_armtz/6ae4c474-df22-4146-964e-c19c2dd67842.ta

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

# figure USE-CASE MEMBER: a number of rstmem info, or nothing for an unknown use case.
figure() {
	rstmem info --json |
		sed -n "/\"name\": \"$1\"/,/}/s/.*\"$2\": \([0-9]*\).*/\1/p" | head -n 1
}

# bad NAME PARAMETER LINE: the module refuses PARAMETER, logs LINE and leaves nothing.
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
	result $? "load: refuses $1"
}

# Waits until all freed buffers are cleared.
settle() {
	while [ "$(cat /sys/class/rstmem/*secure-video/freeing)" != 0 ]; do usleep 10000; done
}

# Buffers keep the module until they are cleared, and a moment longer.
unload() {
	settle
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		! rmmod optee_rstmem 2>/dev/null || return 0
		usleep 10000
	done
	return 1
}

# fails_with TEXT COMMAND...: the command fails, with TEXT in its error.
fails_with() {
	text=$1
	shift
	! "$@" >/dev/null 2>/tmp/error && grep -q "$text" /tmp/error && return
	echo "# $*: $(cat /tmp/error)"
	return 1
}

stop_supplicant() {
	killall tee-supplicant
	while killall -q -0 tee-supplicant; do usleep 10000; done
}

. ktap.sh
! loaded
result $? 'module: is not loaded before the test'

within='pool= is not within 0x000000000ec00000-0x000000000effffff, which is what OP-TEE protects; leave it out'
uses='is not secure-video, trusted-ui or secure-video-record'
bad 'a pool= of another form' pool=x 'pool "x": not of the form SIZE@ADDRESS'
bad 'a pool= of size 0' pool=0@0x0ec00000 'pool "0@0x0ec00000": size is 0'
bad 'a pool= in memory of the kernel' pool=1M@0x80000000 "$within"
bad 'a pool= below the memory of OP-TEE' pool=1M@0x0eb80000 "$within"
bad 'a pool= beyond the memory of OP-TEE' pool=4M@0x0ec01000 "$within"
bad 'an unknown use case in use_cases=' use_cases=video "use_cases: \"video\" $uses"
bad 'a use_cases= that ends with a comma' use_cases=secure-video, "use_cases: \"\" $uses"
bad 'an empty use_cases=' use_cases= "use_cases: \"\" $uses"

load
result $? 'load: succeeds without parameters'
[ "$(cat /tmp/log)" = '4096 KiB at 0x000000000ec00000-0x000000000effffff' ]
result $? 'load: the log tells the memory that OP-TEE protects'
[ "$(figure secure-video total)" = 4194304 ]
result $? 'load: all memory is for secure video'
[ -c '/dev/dma_heap/protected,secure-video' ]
result $? 'load: secure video has a heap'
rstmem info --json | grep -q '"protected": true'
result $? 'info: says that the memory is protected'
rstmem info --json | grep -q '"scrubs": true'
result $? 'info: says that freed memory is cleared'

# A buffer keeps the module.
rstmem alloc -s 100K -- sleep 1000 &
holder=$!
while [ "$(figure secure-video used)" = 0 ]; do usleep 10000; done
! rmmod optee_rstmem 2>/dev/null
result $? 'unload: fails while a buffer lives'
stop_supplicant
[ "$(figure secure-video used)" = 102400 ]
result $? 'supplicant: a buffer stays when it ends'
tee-supplicant -d
xtest regression_1001 >/dev/null
result $? 'supplicant: OP-TEE works when it is back'
kill -KILL $holder
killall -q sleep
wait $holder 2>/dev/null
while [ "$(figure secure-video used)" != 0 ]; do usleep 10000; done
unload
result $? 'unload: succeeds when the buffer is gone'
[ "$(claimed)" = 0 ]
result $? 'unload: leaves no range claimed'
! rstmem info >/dev/null 2>&1
result $? 'unload: leaves no restricted memory'
xtest regression_1001 >/dev/null
result $? 'unload: leaves OP-TEE working'

load pool=1M@0x0ed00000
result $? 'load: accepts a pool= within the memory of OP-TEE'
[ "$(figure secure-video total)" = 1048576 ]
result $? 'pool=: is the total'
rstmem alloc -s 1M >/dev/null
result $? 'pool=: can be allocated as a whole'
unload

load use_cases=trusted-ui,secure-video
[ "$(figure trusted-ui total)" = 4194304 ]
result $? 'use_cases=: offers the memory for another use case'
# Two use cases share one memory.
rstmem alloc -s 3M -u trusted-ui -- sh -c \
	'! rstmem alloc -s 2M -u secure-video 2>/dev/null && rstmem alloc -s 1M' >/dev/null
result $? 'use_cases=: two use cases share the memory'
unload

for round in 1 2 3 4 5 6 7 8 9 10; do
	if ! load || ! rstmem alloc -s 4M >/dev/null || ! unload; then
		round=$round.
		break
	fi
done
[ "$round" = 10 ] && [ "$(claimed)" = 0 ]
result $? 'load, alloc, unload: succeed ten times and leave no range claimed'

# Data that earlier owners left.
load scrub=0
rstmem info --json | grep -q '"scrubs": false'
result $? 'scrub=0: info says that freed memory is not cleared'
leftover mark $all && leftover is mark $all
result $? 'scrub=0: the next owner finds the contents of the last'
unload
load
leftover is zero $all
result $? 'scrub: memory that was dirty when the module was loaded is cleared'
leftover mark $all && leftover is zero $all
result $? 'scrub: the next owner finds zeros'
# Clearing is slow enough that the second allocation begins meanwhile.
insmod "$extra"/rstmem_slow.ko function=optee_scrub_clear ms=1000
rstmem alloc -s 3M >/dev/null && rstmem alloc -s 4M >/dev/null
result $? 'scrub: an allocation waits for memory that is being cleared'
settle
rmmod rstmem_slow
stop_supplicant
rstmem alloc -s 64K >/dev/null && rstmem alloc -s 4M >/dev/null
result $? 'scrub: needs no supplicant once it has begun'
unload
load
fails_with 'the TEE does not answer.*start tee-supplicant' rstmem alloc -s 64K
result $? 'scrub: allocation fails with ECOMM without the supplicant'
dmesg | grep -q 'optee_rstmem: no session with the service that clears memory: .* start tee-supplicant, with 6ae4c474-'
result $? 'scrub: the log says to start the supplicant'
tee-supplicant -d
usleep 200000
leftover stays 'killall tee-supplicant; while killall -q -0 tee-supplicant; do usleep 10000; done; tee-supplicant -d' $all
result $? 'supplicant: a buffer keeps its contents when it is started again'
leftover is zero $all
result $? 'scrub: allocation succeeds when the supplicant is there'
# The alarm may come before the machine sleeps, which the kernel refuses then.
# shellcheck disable=SC2016 # for the shell that leftover starts
leftover stays 'alarm=/sys/class/rtc/rtc0/wakealarm
	until
		events=$(cat /sys/power/wakeup_count)
		echo 0 >$alarm
		echo +10 >$alarm
		echo $events >/sys/power/wakeup_count &&
			echo freeze >/sys/power/state
	do :; done' $all
result $? 'suspend: a buffer keeps its contents'
unload
mv $copy /tmp/copy.ta
load
fails_with 'the TEE does not answer' rstmem alloc -s 64K
result $? 'scrub: allocation fails with ECOMM without the service'
mv /tmp/copy.ta $copy
usleep 200000
rstmem alloc -s 4M >/dev/null
result $? 'scrub: allocation succeeds when the service is there'
unload

# The stock driver comes later, goes, and comes back.
stop_supplicant
echo firmware:optee >$optee/unbind
load
result $? 'load: succeeds before the stock driver'
[ "$(cat /tmp/log)" = "attaches to OP-TEE when its driver is there" ]
result $? 'load: the log says that the module waits for the stock driver'
echo firmware:optee >$optee/bind
tee-supplicant -d
[ "$(figure secure-video total)" = 4194304 ]
result $? 'stock driver: the module attaches to it'
rstmem alloc -s 64K -- sleep 1000 &
holder=$!
while [ "$(figure secure-video used)" = 0 ]; do usleep 10000; done
kill -KILL $holder
killall -q sleep
wait $holder 2>/dev/null
stop_supplicant
echo firmware:optee >$optee/unbind
! rstmem info >/dev/null 2>&1
result $? 'stock driver: restricted memory goes with it'
[ "$(claimed)" = 0 ]
result $? 'stock driver: no range stays claimed without it'
echo firmware:optee >$optee/bind
tee-supplicant -d
[ "$(figure secure-video used)" = 0 ]
result $? 'stock driver: restricted memory comes back with it, unused'
unload
result $? 'unload: succeeds in the end'

# The service fails. This comes last: lost memory is claimed until reboot.
load
insmod "$extra"/rstmem_failing.ko function=tee_client_invoke_func result=-5
failing=/sys/module/rstmem_failing/parameters
rstmem alloc -s 64K -- sh -c "echo 1 >$failing/fail; usleep 1" >/dev/null
settle
echo 0 >$failing/fail
[ "$(cat /sys/class/rstmem/*secure-video/lost)" = 65536 ]
result $? 'scrub: memory that cannot be cleared is lost, and counted'
fails_with 'largest free 3.9 MiB' rstmem alloc -s 4M
result $? 'scrub: lost memory is not allocated again'
rstmem alloc -s 4032K >/dev/null
result $? 'scrub: all other memory still is'
rmmod rstmem_failing
# The lab does not expect the modules to be gone.
: >/lab/unload
finish
