#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Runs the tests of restricted memory with the software TEE. 96 MiB have to be set aside
# for it on the kernel's command line:
#
#	memmap=96M$0x10000000		(x86)
#
# RSTMEM_START is their address, if it is another one.
export LC_ALL=C
skip=4
start=${RSTMEM_START:-0x10000000}

at() {
	printf '0x%x' $((start + ($1 << 20)))
}

if [ "$(id -u)" != 0 ]; then
	echo "SKIP: needs root"
	exit $skip
fi
if ! modprobe softtee \
	pool="64M@$(at 0),16M@$(at 64):trusted-ui,16M@$(at 80):secure-video-record"; then
	echo "SKIP: no softtee, or memmap=96M\$$start is not on the command line"
	exit $skip
fi

failed=0
for test in abi heap ended; do
	echo "# $test"
	"./$test" || failed=1
done
modprobe -r softtee
exit $failed
