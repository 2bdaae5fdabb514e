#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The dmem cgroup controller: the cgroup of who allocates pays, and its limit counts.
region=rstmem/tee0,secure-video
top=/sys/fs/cgroup
group=$top/media

# A number that a file of a group has for the region.
value() {
	sed -n "s|^$region ||p" "$1/$2"
}

# Runs a command in the group.
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
check 'the pool is a region' [ "$(value $top dmem.capacity)" = $((64 << 20)) ]
check 'at first nothing is charged' [ "$(value $group dmem.current)" = 0 ]
echo "$region 1M" >$group/dmem.max
check 'as much as the limit' allocates 1M
check 'a byte more is over it' over_limit $(((1 << 20) + 1))
check 'it is charged while it is alive' \
	[ "$(inside rstmem alloc -s 8K -d /dev/tee0 -- cat $group/dmem.current |
		sed -n "s|^$region ||p")" = 8192 ]
check 'and not any more' [ "$(value $group dmem.current)" = 0 ]
echo "$region max" >$group/dmem.max
check 'without a limit more can be had' allocates 2M

# What outlives its process, and its cgroup, is still charged there.
inside rstmem alloc -s 64K -d /dev/tee0 --hold 2 >/dev/null &
sleep 1
check 'in the background it is charged' [ "$(value $group dmem.current)" = 65536 ]
check 'the TEE goes meanwhile' sh -c \
	'echo softtee >/sys/bus/platform/drivers/softtee/unbind & sleep 2.5; wait'
wait
check 'its region is gone' [ -z "$(value $top dmem.capacity)" ]
check 'it comes back' sh -c 'echo softtee >/sys/bus/platform/drivers/softtee/bind'
check 'and so does its region' [ "$(value $top dmem.capacity)" = $((64 << 20)) ]
check 'with nothing charged' [ "$(value $group dmem.current)" = 0 ]
check 'it can be allocated from' allocates 64K
rmdir $group
check 'the group can be removed' [ ! -e $group ]
finish
