#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The files of packaging/ for udev and sysusers, with systemd's own programs: which group
# and mode a heap gets, and which limits and importer list an account gets, when the
# backend is loaded, bound again, and when rules change. Starts without modules.
# shellcheck disable=SC3043,SC2034 # busybox has it; eval uses them
# shellcheck disable=SC2016 # text in single quotes is for eval
. ktap.sh

video=/sys/class/rstmem/tee0,secure-video
ui=/sys/class/rstmem/tee0,trusted-ui
record=/sys/class/rstmem/tee0,secure-video-record
heap=/dev/dma_heap/protected,secure-video
settings=$video/limits

details() {
	stat -c '# %n: %U %G %a' /dev/tee0 /dev/dma_heap/*
	grep -H . $settings/* $video/importers $ui/importers | sed 's/^/# /'
}

load() {
	modprobe softtee 'pool=64M@0x10000000:secure-video,16M@0x14000000:trusted-ui,16M@0x100000000:secure-video-record' &&
		udevadm settle
}

is() { [ "$(cat "$1")" = "$2" ]; }

# as_media COMMAND: a user in the group runs it.
as_media() { su media -c "$1" >/dev/null 2>&1; }

policy_applies() {
	is "$settings/user_bytes" 50331648 && is "$settings/user_buffers" 32 &&
		is "$settings/buffer_bytes" 16777216 && is "$settings/reserve" 8388608 &&
		is "$video/importers" 'compatible:vendor,vdec-* driver:vendor-drm' &&
		is "$ui/importers" driver:vendor-drm
}

heaps_are_given() {
	local node

	for node in /dev/dma_heap/protected,*; do
		[ "$(stat -c '%U %G %a' "$node")" = 'root rstmem 660' ] || return
	done
}

# The files where a distribution has them, and a user of media services.
tar -C / -xf /root/rules.tar || bail 'no rules'
mkdir -p /usr/lib/sysusers.d /etc/udev/rules.d
cp /root/rstmem.conf /usr/lib/sysusers.d
cp /root/*.rules /etc/udev/rules.d
chmod 644 /etc/udev/rules.d/*
check 'sysusers: accepts the file' systemd-sysusers
check 'sysusers: makes the group rstmem' grep -q '^rstmem:' /etc/group
gid=$(sed -n 's/^rstmem:[^:]*:\([0-9]*\):.*/\1/p' /etc/group)
echo "media:x:1000:$gid:media:/:/bin/sh" >>/etc/passwd
echo 'guest:x:1001:65534:guest:/:/bin/sh' >>/etc/passwd

ln -s udevadm /root/systemd-udevd
check 'rules: udevadm verify accepts them' udevadm verify /etc/udev/rules.d/*.rules
systemd-udevd --daemon || bail 'udevd does not start'
udevadm control --ping || bail 'udevd does not answer'

load || bail 'softtee does not load'
check 'add: the heaps belong to the group rstmem, with mode 0660' heaps_are_given
check 'add: the TEE device stays for root only' \
	[ "$(stat -c '%U %a' /dev/tee0)" = 'root 600' ]
check 'add: a user in the group may allocate from a heap' \
	as_media "rstmem alloc -s 64K -d $heap -- true"
check 'add: a user outside the group may not' \
	eval "! su guest -c 'rstmem alloc -s 64K -d $heap -- true' >/dev/null 2>&1"
check 'add: the limits and the importer lists of the policy apply' policy_applies
check 'add: a use case without a policy keeps the defaults' \
	eval 'is $record/importers any && is $record/limits/user_bytes max'
check 'add: the limit of a buffer is in force' \
	eval '! as_media "rstmem alloc -s 32M -d $heap -- true"'

# udev must not undo settings that an administrator made by hand.
echo any >$video/importers
echo max >$settings/buffer_bytes
udevadm trigger --subsystem-match=rstmem
udevadm settle
check 'change: an event leaves what was set by hand alone' \
	eval 'is "$video/importers" any && is $settings/buffer_bytes max'

echo softtee >/sys/bus/platform/drivers/softtee/unbind
echo softtee >/sys/bus/platform/drivers/softtee/bind
udevadm settle
check 'bind: the policy applies to a TEE that comes back' policy_applies
check 'bind: its heaps belong to the group again' heaps_are_given

rmmod softtee
load || bail 'softtee does not load again'
check 'module: the policy applies to a backend that is loaded again' policy_applies
check 'module: its heaps belong to the group again' heaps_are_given

# Another policy, for accounts that are there.
sed -i 's/driver:vendor-drm"$/driver:other"/; s/"48M"/"24M"/' \
	/etc/udev/rules.d/61-rstmem-policy.rules
udevadm control --reload
check 'reload: alone changes nothing' policy_applies
udevadm trigger --action=add --subsystem-match=rstmem
udevadm settle
check 'reload: a new policy applies with the next add' \
	eval 'is $settings/user_bytes 25165824 && is $ui/importers driver:other &&
		is "$video/importers" "compatible:vendor,vdec-* driver:other"'

udevadm control --exit
finish
