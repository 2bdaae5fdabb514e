#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The in-kernel interface, by rstmem_kapi, whose results are turned into KTAP. The
# addresses are of the lab's default guest.
echo 'KTAP version 1'
modprobe rstmem_kapi spare=0x15000000 carveout=0x10000000 || exit 1
awk '{ result = $1; if ($1 == "not") { result = "not ok"; $2 = "" }
       $1 = ""; sub(/^ */, ""); print result, NR, "-", $0 }
     END { print "1.." NR }' /sys/kernel/debug/rstmem_kapi
! grep -q '^not ok' /sys/kernel/debug/rstmem_kapi
