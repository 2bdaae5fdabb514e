#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# optee_rstmem and the stock driver come and go: in every order, and at the same moment
# while a function in between is slow. A fake driver has the names of OP-TEE's.
extra=/lib/modules/$(uname -r)/extra
driver=/sys/bus/platform/drivers/optee
account=/sys/class/rstmem/tee0,secure-video

load() {
	insmod "$extra"/optee_rstmem.ko pool=1M@0x4000000000 scrub=0
}

unload() {
	rmmod optee_rstmem
}

bind() {
	echo optee >"$driver"/bind
}

unbind() {
	echo optee >"$driver"/unbind
}

# Reads all that an account shows, which is the backend's to answer.
read_accounts() {
	cat /sys/class/rstmem/*/* >/dev/null 2>&1
	rstmem info >/dev/null 2>&1
	return 0
}

nothing_left() {
	read_accounts
	[ ! -e "$account" ] && ! grep -q rstmem /proc/iomem
}

# An account exists when the module is loaded and the driver bound, and only then.
as_it_should_be() {
	read_accounts
	if [ -d /sys/module/optee_rstmem ] && [ -e "$driver"/optee ]; then
		[ -e "$account" ]
	else
		nothing_left
	fi
}

# The module is loaded, or not; the driver is bound, or not.
prepare() {
	if [ "$1" = load ] || [ "$1" = unload ]; then
		[ "$1" = load ] || load
	fi
	if [ "$2" = bind ]; then
		[ ! -e "$driver"/optee ] || unbind
	else
		[ -e "$driver"/optee ] || bind
	fi
}

clear_away() {
	[ ! -d /sys/module/optee_rstmem ] || unload
	[ ! -e "$driver"/optee ] || unbind
}

# together FUNCTION MODULE DRIVER MS: both at once, the driver MS milliseconds later, while
# FUNCTION takes 100 ms to begin and 100 ms to end.
together() {
	clear_away 2>/dev/null
	prepare "$2" "$3"
	insmod "$extra"/rstmem_slow.ko function="$1" ms=100 || bail "no function $1"
	"$2" &
	usleep "${4}000"
	"$3"
	wait
	rmmod rstmem_slow
	as_it_should_be
	result $? "orders: $1 slow: $2, and $3 after $4 ms, end as one after the other"
	clear_away
	nothing_left
	result $? "orders: $1 slow: nothing is left of $2, and $3 after $4 ms"
}

. ktap.sh
modprobe tee_rstmem
insmod "$extra"/rstmem_fake_optee.ko || bail 'no fake driver'

load && [ -e "$account" ]
result $? 'orders: a driver that is bound is attached to'
unbind && nothing_left
result $? 'orders: unbinding leaves nothing while the module is loaded'
bind && [ -e "$account" ]
result $? 'orders: a driver that binds later is attached to'
unload && nothing_left
result $? 'orders: unloading leaves nothing while the driver is bound'
unbind

load
bind
rstmem alloc -s 64K -- sleep 1000 &
while [ "$(cat "$account/used")" = 0 ]; do usleep 10000; done
! unload 2>/dev/null
result $? 'orders: a buffer keeps the module'
# The driver waits for the open file.
unbind &
while [ -e "$account" ]; do usleep 10000; done
killall sleep
wait
unload && nothing_left
result $? 'orders: a buffer that outlives the driver leaves nothing'

load
bind
rmmod rstmem_fake_optee && nothing_left
result $? 'orders: a device that is removed leaves nothing'
insmod "$extra"/rstmem_fake_optee.ko && [ -e "$account" ]
result $? 'orders: a device that is added is attached to'

for function in bus_register_notifier bus_unregister_notifier tee_rstmem_attach; do
	for module in load unload; do
		for driver_change in bind unbind; do
			together $function $module $driver_change 50
			together $function $module $driver_change 150
		done
	done
done
clear_away
rmmod rstmem_fake_optee

insmod "$extra"/rstmem_fake_optee.ko refuse=1
load && ! unload
[ "$(cat /sys/module/rstmem_fake_optee/parameters/supplicant)" = N ]
result $? 'orders: the device for supplicants is not opened when the other one refuses'
clear_away 2>/dev/null
rmmod rstmem_fake_optee
finish
