#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# installed.sh PHASE: the packages on a Debian system, for tests/packages. The phases are
# boots of one system, in this order:
#
#	install		installs the packages of the previous version in old/, uses them,
#			and upgrades to those in new/ while a buffer is held
#	refused		under Secure Boot, without the key; gives it to mokutil
#	enrolled	under Secure Boot, with the key
#	purge		uses the new version once more and removes everything
#
# The files of the packages are old-NAME.deb and new-NAME.deb. Prints "ok - NAME" or
# "not ok - NAME", and what a failed command said.
set -u
export LC_ALL=C DEBIAN_FRONTEND=noninteractive
phase=$1
log=/run/lab/log
release=$(uname -r)
failed=0

# check NAME COMMAND...: a case that is ok when COMMAND succeeds.
check() {
	local name=$1 result=ok begin=$SECONDS
	shift

	if ! "$@" >"$log" 2>&1 </dev/null; then
		result='not ok'
		failed=1
		tail -n 40 "$log" | sed 's/^/# /'
	fi
	echo "$result - $name"
	echo "# $((SECONDS - begin)) s"
}

install_packages() {
	apt-get -y --no-install-recommends install ./"$1"-*.deb
}

is_built() {
	local said
	said=$(dkms status)
	echo "$said"
	grep -qx "rstmem/.*, $release, .*: installed" <<<"$said"
}

belongs_to_group() {
	local heap
	udevadm settle
	heap=$(echo /dev/*heap/protected,secure-video)
	stat -c '%G %a' "$heap"
	[ "$(stat -c '%G %a' "$heap")" = 'rstmem 660' ]
}

as_member() {
	local user=$1
	shift
	setpriv --reuid "$user" --regid "$user" --init-groups -- "$@"
}

# The buffer that outlives an upgrade.
hold() {
	rstmem alloc --via heap -s 1M -- sleep 1000 &
	echo $! >/run/lab/holder
	for _ in $(seq 100); do
		[ "$(rstmem buffers | wc -l)" -le 1 ] || return 0
		sleep 0.1
	done
	return 1
}

held() {
	kill -0 "$(cat /run/lab/holder)" && lsmod | grep '^softtee ' &&
		[ "$(cat /sys/module/tee_rstmem/srcversion 2>/dev/null)" = "$before" ] &&
		[ "$(rstmem buffers | wc -l)" -gt 1 ]
}

# Files that stay or change whatever packages come and go, one pattern of find's a line.
foreign() {
	sed 's/[[:space:]]*#.*//' <<-'LIST'
	/root/before		# made here
	/tmp/*			# systemd gives services directories there
	/var/tmp/*		# the same
	/var/log/*		# logs of the system, of apt and of dpkg
	/var/lib/systemd/*	# seeds and stamps of each boot
	/var/lib/apt/*		# the state of apt
	/var/cache/*		# caches of apt, debconf and ldconfig
	/var/backups/*		# copies that timers make of dpkg's and the accounts' files
	/var/lib/dpkg/*-old	# dpkg's own copies
	/etc/passwd-		# copies that useradd and groupadd make, and the next three
	/etc/group-
	/etc/shadow-
	/etc/gshadow-
	/etc/subuid-		# the same
	/etc/subgid-
	/var/lib/dkms/mok.*	# the key that DKMS signs all modules with
	LIST
}

# The files, users and groups of the system, and what DKMS knows.
state() {
	local -a except=()
	local pattern
	while read -r pattern; do
		except+=(-not -path "$pattern")
	done < <(foreign)
	find / -xdev "${except[@]}" | sort
	cat /etc/passwd /etc/group
	dkms status
}

case $phase in
install)
	state >/root/before
	check 'apt: installs the packages from their files' install_packages old
	check 'DKMS: the modules are built and installed for the running kernel' is_built
	check 'sysusers: the group rstmem exists' getent group rstmem

	check 'README: modprobe softtee' modprobe softtee pool=64M@0x10000000:secure-video
	check 'README: rstmem info' rstmem info
	check 'doctor: finds no problem' rstmem doctor
	# shellcheck disable=SC2016 # for the command's shell
	check 'README: rstmem alloc' rstmem alloc --size 3M -- \
		sh -c 'echo dma-buf on descriptor $RSTMEM_FD'
	# shellcheck disable=SC2016
	check 'README: rstmem alloc --via heap, and inspect' rstmem alloc --size 3M --via heap -- \
		sh -c 'rstmem inspect $RSTMEM_FD'
	check 'README: rstmem conform' rstmem conform

	check 'udev: the heap belongs to the group rstmem' belongs_to_group
	useradd member
	usermod -a -G rstmem member
	useradd stranger
	check 'udev: a member of the group allocates from the heap' \
		as_member member rstmem alloc --via heap -s 1M -- true
	refuses() { ! as_member stranger rstmem alloc --via heap -s 1M -- true; }
	check 'udev: another user may not allocate from the heap' refuses
	userdel member
	userdel stranger

	echo softtee >/etc/modules-load.d/rstmem.conf
	echo 'options softtee pool=64M@0x10000000:secure-video' >/etc/modprobe.d/rstmem.conf
	before=$(cat /sys/module/tee_rstmem/srcversion 2>/dev/null)
	check 'upgrade: a process holds a buffer' hold
	check 'upgrade: apt upgrades the packages' install_packages new
	check 'upgrade: DKMS built the new modules' is_built
	only_new() { [ "$(dkms status rstmem | wc -l)" = 1 ]; }
	check 'upgrade: nothing of the old version is left in DKMS' only_new
	check 'upgrade: the module that runs, and the buffer, are as they were' held
	kill "$(cat /run/lab/holder)"
	wait
	;;
refused)
	check 'Secure Boot: it is on' grep -x 'SecureBoot enabled' <(mokutil --sb-state)
	check 'Secure Boot: the kernel is locked down' grep -F '[integrity]' \
		/sys/kernel/security/lockdown
	was_refused() {
		modprobe softtee && return 1
		modprobe softtee 2>&1 | tee /dev/stderr | grep -qF 'Key was rejected by service' &&
			dmesg | grep 'Loading of module with unavailable key is rejected'
	}
	check 'Secure Boot: without the key in the firmware, the kernel refuses the modules' \
		was_refused
	import() { printf '%s\n' "$2" "$2" | mokutil --import /var/lib/dkms/mok.pub; }
	check "Secure Boot: mokutil takes the key of DKMS" import "$@"
	;;
enrolled)
	check 'Secure Boot: it is on' grep -x 'SecureBoot enabled' <(mokutil --sb-state)
	check 'Secure Boot: the kernel is locked down' grep -F '[integrity]' \
		/sys/kernel/security/lockdown
	is_enrolled() {
		mokutil --test-key /var/lib/dkms/mok.pub | tee /dev/stderr | grep 'is already enrolled'
	}
	check 'Secure Boot: MokManager enrolled the key' is_enrolled
	check 'Secure Boot: with the key, modules-load.d loaded the backend' \
		grep '^softtee ' /proc/modules
	check 'Secure Boot: with the key, rstmem alloc works' rstmem alloc -s 1M -- true
	;;
purge)
	check 'boot: modules-load.d loaded the backend' grep '^softtee ' /proc/modules
	is_new() {
		[ "$(cat /sys/module/tee_rstmem/srcversion)" = "$(modinfo -F srcversion tee_rstmem)" ]
	}
	check 'boot: the module that runs is the one of the new version' is_new
	check 'boot: the heap belongs to the group rstmem' belongs_to_group
	rm /etc/modules-load.d/rstmem.conf /etc/modprobe.d/rstmem.conf
	modprobe -r softtee
	purge() {
		# shellcheck disable=SC2046 # words
		apt-get -y purge $(cat /run/lab/packages)
	}
	check 'purge: apt removes the packages' purge
	no_state() { [ -z "$(dkms status)" ] && ! find /lib/modules /var/lib/dkms | grep rstmem; }
	check 'purge: no module and nothing in DKMS is left' no_state
	same_state() { state | diff /root/before -; }
	check 'purge: files, users and groups are as before the installation' same_state
	;;
*)
	echo "usage: installed.sh install|refused PASSWORD|enrolled|purge" >&2
	exit 2
	;;
esac
[ $failed = 0 ]
