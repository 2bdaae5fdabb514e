#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Measures the cost of the steps of a block of 128 MiB, in instructions: the guest's clock counts
# them. bench/run elastic starts it in a guest with 512 MiB set aside.
export LC_ALL=C
trace=/sys/kernel/tracing

# steps WHAT: a buffer makes the pool grow by a block, which goes back afterwards.
steps() {
	echo >$trace/trace
	echo start >$trace/trace_marker
	rstmem alloc -s 100M -- sleep 1
	sleep 2
	awk -v what="$1" -v kernel="$(uname -r)" '
	function now(n) {
		for (n = 1; n <= NF; n++)
			if ($n ~ /^[0-9]+\.[0-9]+:$/)
				return $n + 0
	}
	/tracing_mark_write: start/ { start = now() }
	/from=offlining to=absent/ { taken = now() }
	/from=absent to=active/ { lent = now() }
	/from=reclaiming to=absent/ { reclaimed = now() }
	/from=absent to=idle/ { given = now() }
	END {
		printf "%s,%s,%.0f,%.0f,%.0f\n", kernel, what, (taken - start) * 1e9,
			(lent - taken) * 1e9, (given - reclaimed) * 1e9
	}' $trace/trace
}

modprobe tee_rstmem || exit 1
echo 1 >$trace/events/rstmem/rstmem_block/enable
modprobe softtee pool=64M@0x10000000 elastic=512M@0x108000000 elastic_idle_ms=100 \
	elastic_warm=0 || exit 1
sleep 3
echo kernel,block,take,lend,give
# The first time has more to do.
steps free >/dev/null
steps free

mkdir -p /tmp/full
mount -t tmpfs -o size=600M none /tmp/full
dd if=/dev/zero of=/tmp/full/file bs=1M count=450 2>/dev/null
steps 'full of a file in tmpfs'
rm /tmp/full/file

# Nothing reads the pipe, so dd keeps the memory that it writes.
# shellcheck disable=SC2216
dd if=/dev/zero bs=450M count=1 2>/dev/null | sleep 60 &
sleep 5
steps 'full of memory of a program'
