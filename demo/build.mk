# SPDX-License-Identifier: GPL-2.0-only
# Programs that `make demo` runs in the guest.

demo-bin := $(B)/demo/first-light

.PHONY: demo-programs
demo-programs: user $(demo-bin) $(B)/tests/decrypt

$(demo-bin): demo/first-light.c $(B)/lib/librstmem.a $(guest-lib)
	@mkdir -p $(@D)
	$(user-cc) -D_GNU_SOURCE -MMD -MP -o $@ $< \
		$(B)/lib/librstmem.a $(guest-lib) -lcrypto

-include $(demo-bin).d
