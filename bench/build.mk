# SPDX-License-Identifier: GPL-2.0-only
# The benchmark's program for guests. The profiler finds it by its address, so it is
# static and far from where a kernel is while it boots.

bench-bin := $(B)/bench/bench

.PHONY: bench-programs
bench-programs: $(bench-bin)

$(bench-bin): bench/guest/bench.c bench/module/bench.h tests/lib/tee.c \
		tests/lib/ktap.c $(wildcard tests/lib/*.h) \
		include/uapi/linux/tee_rstmem.h
	@mkdir -p $(@D)
	$(CC) -Iinclude/uapi -D_GNU_SOURCE $(CFLAGS) -static -no-pie \
		-Wl,-Ttext-segment=0x70000000 -o $@ $(filter %.c,$^)
