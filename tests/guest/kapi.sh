#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The in-kernel interface: turns the results of rstmem_kapi into KTAP. No driver uses the
# memory that begins 80 MiB above the start of the first pool.
echo 'KTAP version 1'
carveout=$(sed 's/[^@]*@//; s/[:,].*//' /sys/module/softtee/parameters/pool)
modprobe rstmem_kapi spare=$((carveout + (80 << 20))) carveout="$carveout" || exit 1
awk '{ result = $1; if ($1 == "not") { result = "not ok"; $2 = "" }
       $1 = ""; sub(/^ */, ""); print result, NR, "-", $0 }
     END { print "1.." NR }' /sys/kernel/debug/rstmem_kapi
! grep -q '^not ok' /sys/kernel/debug/rstmem_kapi
