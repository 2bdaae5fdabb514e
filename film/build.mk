# SPDX-License-Identifier: GPL-2.0-only
# The film: the host's tool, the player, and what tests need of them.

film-cc = $(user-cc) -D_GNU_SOURCE -MMD -MP
film-bin := $(addprefix $(B)/film/,film rstmem-play rip)

# DRM's ioctls are in no header of the C library's. SOURCE, a kernel's sources, is for a build
# where lab/source cannot run.
card-cc = source=$(or $(SOURCE),$$(lab/source $(KERNEL))) && $(film-cc) -D__user= -isystem $$source/include/uapi

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

# The plugin for GStreamer, whose headers only this needs: `lab/deps gst` installs them.
gst-packages := gstreamer-1.0 gstreamer-base-1.0 gstreamer-allocators-1.0 gstreamer-video-1.0

.PHONY: film-gst
film-gst: $(B)/film/libgstrstmem.so

$(B)/film/libgstrstmem.so: film/gst/plugin.c film/decrypt.c film/mp4_read.c $(B)/lib/librstmem.a
	@mkdir -p $(@D)
	$(film-cc) -fPIC -shared -DRSTMEM_VERSION='"$(VERSION)"' \
		$$(pkg-config --cflags $(gst-packages)) -o $@ $(filter %.c %.a,$^) \
		$$(pkg-config --libs $(gst-packages))

-include $(film-bin:=.d)
