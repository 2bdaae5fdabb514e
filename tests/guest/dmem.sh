#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The dmem cgroup controller: the cgroup of the allocating process is charged, and its
# limit applies.
region=rstmem/tee0,secure-video
top=/sys/fs/cgroup
group=$top/media

# value GROUP FILE: the number for the region in a file of a group.
value() {
	sed -n "s|^$region ||p" "$1/$2"
}

# inside COMMAND...: runs it in the group.
inside() {
	sh -c 'echo $$ >'"$group"'/cgroup.procs && exec "$@"' - "$@"
}

allocates() {
	inside rstmem alloc -s "$1" -d /dev/tee0 >/dev/null 2>&1
}

over_limit() {
	! inside rstmem alloc -s "$1" -d /dev/tee0 >/dev/null 2>"/tmp/why" &&
		grep -q 'limit' /tmp/why
}

. ktap.sh
mkdir -p $top
if ! mount -t cgroup2 none $top || ! grep -qw dmem $top/cgroup.controllers; then
	skip dmem 'this kernel has no dmem cgroup controller'
	finish
fi
echo +dmem >$top/cgroup.subtree_control
mkdir $group
check 'dmem.capacity: has the size of the pool' [ "$(value $top dmem.capacity)" = $((64 << 20)) ]
check 'dmem.current: is 0 before the first buffer' [ "$(value $group dmem.current)" = 0 ]
echo "$region 1M" >$group/dmem.max
check 'dmem.max: allows a buffer of its size' allocates 1M
check 'dmem.max: refuses a byte more' over_limit $(((1 << 20) + 1))
check 'dmem.current: counts a live buffer' \
	[ "$(inside rstmem alloc -s 8K -d /dev/tee0 -- cat $group/dmem.current |
		sed -n "s|^$region ||p")" = 8192 ]
check 'dmem.current: is 0 when the buffer is gone' [ "$(value $group dmem.current)" = 0 ]
echo "$region max" >$group/dmem.max
check 'dmem.max: allows more when it is max' allocates 2M

# The group of a buffer is charged until the buffer ends, also without its process.
inside rstmem alloc -s 64K -d /dev/tee0 -- sleep 1000 >/dev/null &
while [ "$(value $group dmem.current)" != 65536 ]; do usleep 10000; done
# The driver waits for the open file.
echo softtee >/sys/bus/platform/drivers/softtee/unbind &
while [ -e /sys/class/rstmem/tee0,secure-video ]; do usleep 10000; done
# Give the removal time to go on.
sleep 1
check 'dmem.current: counts a buffer of a TEE that is going' \
	[ "$(value $group dmem.current)" = 65536 ]
check 'dmem.capacity: keeps the region while a buffer lives' \
	[ "$(value $top dmem.capacity)" = $((64 << 20)) ]
killall sleep
wait
check 'dmem.capacity: has no region without the TEE' [ -z "$(value $top dmem.capacity)" ]
check 'softtee: binds again' sh -c 'echo softtee >/sys/bus/platform/drivers/softtee/bind'
check 'dmem.capacity: has the region again' [ "$(value $top dmem.capacity)" = $((64 << 20)) ]
check 'dmem.current: is 0 for the new region' [ "$(value $group dmem.current)" = 0 ]
check 'alloc: succeeds from the new region' allocates 64K
rmdir $group
check 'cgroup: can be removed in the end' [ ! -e $group ]
finish
