# SPDX-License-Identifier: GPL-2.0-only
# The benchmark's programs: two for guests, one that replays traces on the host. The
# profiler finds the first by its address, so it is static and far from where a kernel
# is while it boots.

bench-bin := $(B)/bench/bench $(B)/bench/day $(B)/bench/trace

.PHONY: bench-programs
bench-programs: $(bench-bin)

$(B)/bench/bench: bench/guest/bench.c bench/module/bench.h tests/support/tee.c \
		tests/support/guest.c tests/support/ktap.c $(wildcard tests/support/*.h) \
		include/uapi/linux/tee_rstmem.h
	@mkdir -p $(@D)
	$(CC) $(user-warnings) -Iinclude/uapi -D_GNU_SOURCE $(CFLAGS) -static -no-pie \
		-Wl,-Ttext-segment=0x70000000 -o $@ $(filter %.c,$^)

$(B)/bench/day: bench/guest/day.c bench/sessions.c bench/sessions.h $(guest-lib)
	@mkdir -p $(@D)
	$(CC) $(tests-cppflags) $(CFLAGS) -o $@ $(filter %.c %.o,$^) -lcrypto -lm

$(B)/bench/trace: bench/trace.c bench/sessions.c bench/sessions.h kernel/core/extent.c \
		kernel/core/extent.h $(B)/bench/rbtree.o
	@mkdir -p $(@D)
	$(CC) $(user-warnings) $(CFLAGS) -Wno-sign-compare -Itests/unit/shim -isystem $(B)/kernel \
		-o $@ $(filter %.c %.o,$^) -lm

# The kernel's trees, which the unit tests have with sanitizers.
$(B)/bench/rbtree.o: $(B)/kernel/rbtree.o
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -w -Itests/unit/shim -I$(B)/kernel -c -o $@ \
		$(B)/kernel/rbtree.c
