#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# patch.sh TEST...: loads the modules of the patch series and runs the tests, see tests/patch-runs.
# Prints their output, and a line "# TEST: STATUS" after each; "host" is a device of a driver that
# knows nothing of restricted memory.
cd "$(dirname "$0")" || exit 1

insmod ./rstmem_heap.ko &&
	insmod ./tee.ko &&
	insmod ./softtee.ko \
		pool=64M@0x10000000:secure-video,16M@0x14000000:trusted-ui,16M@0x100000000:secure-video-record &&
	insmod ./rstmem_edu.ko || exit 1

failed=0
for test; do
	"./$test"
	status=$?
	echo "# $test: $status"
	[ $status = 0 ] || failed=1
done
insmod ./rstmem_host.ko
rstmem info -d "/dev/$(cd /sys/class/tee && grep -l 26735 ./*/implementation_id | cut -d / -f 2)" 2>&1 |
	grep 'has no restricted memory'
echo "# host: $?"
exit $failed
