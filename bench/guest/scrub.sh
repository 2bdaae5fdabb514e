#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Measures the cost of having OP-TEE clear a freed buffer, in instructions of both
# worlds: the guest's clock counts instructions. bench/run scrub starts it in a guest with
# OP-TEE.
export LC_ALL=C
trace=/sys/kernel/tracing

modprobe optee_rstmem || exit 1
# The first allocation has all memory cleared.
rstmem alloc -s 4K >/dev/null || exit 1
echo 'p:begin optee_scrub_clear' >$trace/kprobe_events
echo 'r:end optee_scrub_clear' >>$trace/kprobe_events
echo 1 >$trace/events/kprobes/enable

echo bytes,clear
for size in 4096 65536 1048576 4194304; do
	echo >$trace/trace
	rstmem alloc -s $size >/dev/null || exit 1
	while ! grep -q ' end: ' $trace/trace; do sleep 1; done
	awk -v size=$size '
	function now(n) {
		for (n = 1; n <= NF; n++)
			if ($n ~ /^[0-9]+\.[0-9]+:$/)
				return $n + 0
	}
	/ begin: / { begin = now() }
	/ end: / { printf "%d,%.0f\n", size, (now() - begin) * 1e9 }' $trace/trace
done
