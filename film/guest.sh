#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# guest.sh: the guest's part of the film. Obeys lines that the host sends through the
# virtio port rstmem.film:
#
#	start ARG...	starts rstmem-play with these arguments, paused
#	wait		waits for its end and prints its status
#	run COMMAND...	runs a command; %p becomes the player's process
#	quit		ends
#
# and passes all others on to the player.
set -u
export LC_ALL=C

fail() {
	echo "guest.sh: $*" >&2
	exit 1
}

modprobe rstmem_ramfb || fail 'no display'
# For rip, where the kernel has DRM.
modprobe -q vgem
# Nothing but the display gets pictures, and V4L2's decoder where a test loads it.
echo device:rstmem_ramfb device:rstmem_vdec >/sys/class/rstmem/tee0,secure-video/importers || exit 1
port=''
for name in /sys/class/virtio-ports/*/name; do
	[ "$(cat "$name")" != rstmem.film ] || port=/dev/$(basename "$(dirname "$name")")
done
[ -n "$port" ] || fail 'no port rstmem.film'
mkfifo /tmp/commands || exit 1
# Open for both, so that opening does not wait for the player.
exec 3<>/tmp/commands

echo ready
# Reading ends at once as long as the host is not there. The port stays open: closing it would
# discard a line that has just come.
exec 4<"$port"
until read -r line <&4 && [ "$line" = go ]; do
	sleep 0.1
done

player=0
while read -r line <&4; do
	case $line in
	'start '*)
		# shellcheck disable=SC2086 # words
		rstmem-play -c /tmp/commands ${line#start } &
		player=$!
		;;
	wait)
		wait $player
		echo "status $?"
		;;
	'run '*)
		# shellcheck disable=SC2086
		set -- ${line#run }
		command=''
		for word; do
			[ "$word" != %p ] || word=$player
			command="$command $word"
		done
		$command
		echo "status $?"
		;;
	quit) exit 0 ;;
	*) echo "$line" >&3 ;;
	esac
done
fail 'the host is gone'
