# SPDX-License-Identifier: GPL-2.0-only
# The film: the host's tool, the player, and what tests need of them.

film-cc = $(user-cc) -D_GNU_SOURCE -MMD -MP
film-bin := $(addprefix $(B)/film/,film rstmem-play rip)

# DRM's ioctls are in no header of the C library's.
card-cc = source=$$(lab/source $(KERNEL)) && $(film-cc) -D__user= -isystem $$source/include/uapi

.PHONY: film-programs
film-programs: user $(film-bin)

$(B)/film/film: film/film.c film/load.c film/clip.c film/mp4_read.c film/mp4_write.c \
		film/fwht_encode.c kernel/softtee/fwht.c
	@mkdir -p $(@D)
	$(film-cc) -o $@ $(filter %.c,$^) -lcrypto

$(B)/film/rstmem-play: film/play.c film/decrypt.c film/load.c film/mp4_read.c film/show.c \
		film/show_screen.c film/show_kms.c film/card.c $(B)/lib/librstmem.a
	@mkdir -p $(@D)
	$(card-cc) -o $@ $(filter %.c %.a,$^)

$(B)/film/rip: film/rip.c film/rip_kms.c film/card.c $(B)/lib/librstmem.a
	@mkdir -p $(@D)
	$(card-cc) -o $@ $^

-include $(film-bin:=.d)
