#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Measures the cost of lending a block of 128 MiB to OP-TEE and of getting it back, in
# instructions of all worlds: the guest's clock counts instructions. bench/run lend starts it in
# a guest whose OP-TEE protects memory at run time. The kernel clears the block before it is lent.
export LC_ALL=C
trace=/sys/kernel/tracing

modprobe optee_rstmem dynamic=512M@0xc8000000 || exit 1
pool=$(echo /sys/class/rstmem/*/elastic)
echo 0 >"$pool/idle_ms"
echo 0 >"$pool/warm"
wait_for_ram() {
	while [ "$(cat "$pool/out")" != 0 ]; do sleep 1; done
}
wait_for_ram
for function in tee_rstmem_clear optee_lend optee_reclaim; do
	echo "p:${function}_begin $function" >>$trace/kprobe_events
	echo "r:${function}_end $function" >>$trace/kprobe_events
done
# The first allocation opens OP-TEE's session.
rstmem alloc -s 4K >/dev/null || exit 1
wait_for_ram
echo >$trace/trace
echo 1 >$trace/events/kprobes/enable
rstmem alloc -s 4K >/dev/null || exit 1
wait_for_ram

echo clear,lend,reclaim
awk '
{
	for (n = 1; n <= NF; n++)
		if ($n ~ /^[0-9]+\.[0-9]+:$/) {
			at[$(n + 1)] = $n + 0
			break
		}
}
function took(what) {
	return (at[what "_end:"] - at[what "_begin:"]) * 1e9
}
END {
	printf "%.0f,%.0f,%.0f\n", took("tee_rstmem_clear"),
		took("optee_lend") - took("tee_rstmem_clear"), took("optee_reclaim")
}' $trace/trace
