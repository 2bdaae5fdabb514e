#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What the steps of a block cost, in millions of instructions: the guest's clock counts
# instructions. bench/run elastic starts it in a guest with 512 MiB set aside.
export LC_ALL=C
trace=/sys/kernel/tracing

# steps WHAT: a buffer makes the pool grow by a block, which goes back afterwards.
steps() {
	echo >$trace/trace
	echo start >$trace/trace_marker
	rstmem alloc -s 100M -- sleep 1
	sleep 2
	awk -v what="$1" '
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
		printf "%s,%.1f,%.1f,%.1f\n", what, (taken - start) * 1000,
			(lent - taken) * 1000, (given - reclaimed) * 1000
	}' $trace/trace
}

modprobe tee_rstmem || exit 1
echo 1 >$trace/events/rstmem/rstmem_block/enable
modprobe softtee pool=64M@0x10000000 elastic=512M@0x108000000 elastic_idle_ms=100 \
	elastic_warm=0 || exit 1
sleep 3
echo block,take,lend,give
# The first time has more to do.
steps free >/dev/null
steps free
mkdir -p /tmp/full
mount -t tmpfs -o size=600M none /tmp/full
dd if=/dev/zero of=/tmp/full/file bs=1M count=450 2>/dev/null
steps full
rm /tmp/full/file
