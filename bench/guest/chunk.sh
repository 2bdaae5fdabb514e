#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Measures the cost of a chunk of 128 MiB that mainline's dynamic pool takes from CMA, in
# instructions, without the work of OP-TEE. bench/run elastic starts it in a guest with
# 1100 MiB of CMA.
export LC_ALL=C
results=/sys/module/bench_mainline/parameters

chunk() {
	modprobe bench_mainline size=16777216 chunk_size=134217728 || exit 1
	echo "$(uname -r),$(cat $results/chunk_take),$(cat $results/chunk_give)"
	rmmod bench_mainline
}

echo kernel,take,give
# Older kernels have no such pool.
grep -q /bench_mainline.ko /lib/modules/*/modules.dep || exit 0
# The first time has more to do.
chunk >/dev/null
chunk
