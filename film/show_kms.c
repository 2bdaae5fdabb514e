// SPDX-License-Identifier: GPL-2.0-only
/* Shows pictures with DRM/KMS, on the card of rstmem_ramfb, see show.h. */
#include <errno.h>
#include <unistd.h>

#include "card.h"
#include "show.h"

#define PICTURES	8

static int card = -1;
static uint32_t connector, crtc;
static struct {
	int fd;
	uint32_t fb;
} pictures[PICTURES];
static unsigned int count;

static int call(unsigned long nr, void *arg)
{
	return card_call(card, nr, arg);
}

static int find_output(void)
{
	struct drm_mode_card_res res = {
		.connector_id_ptr = (uintptr_t)&connector, .count_connectors = 1,
		.crtc_id_ptr = (uintptr_t)&crtc, .count_crtcs = 1,
	};
	int rc = call(DRM_IOCTL_MODE_GETRESOURCES, &res);

	return rc ? rc : res.count_connectors && res.count_crtcs ? 0 : -ENOENT;
}

static int kms_open(void)
{
	card = card_open("rstmem_ramfb");
	return card < 0 ? card : find_output();
}

/* Imports a buffer once. Returns its framebuffer in *@fb. */
static int import(int fd, uint32_t width, uint32_t height, uint32_t *fb)
{
	struct drm_prime_handle prime = { .fd = fd };
	struct drm_mode_fb_cmd2 cmd = {
		.width = width, .height = height, .pixel_format = CARD_XRGB8888,
		.pitches = { 4 * width },
	};
	struct drm_gem_close gem = { 0 };
	unsigned int n;
	int rc;

	for (n = 0; n < count; n++)
		if (pictures[n].fd == fd) {
			*fb = pictures[n].fb;
			return 0;
		}
	rc = count == PICTURES ? -ENOSPC : call(DRM_IOCTL_PRIME_FD_TO_HANDLE, &prime);
	if (rc)
		return rc;
	cmd.handles[0] = gem.handle = prime.handle;
	rc = call(DRM_IOCTL_MODE_ADDFB2, &cmd);
	/* The framebuffer keeps it. */
	call(DRM_IOCTL_GEM_CLOSE, &gem);
	if (!rc) {
		pictures[count].fd = fd;
		pictures[count++].fb = *fb = cmd.fb_id;
	}
	return rc;
}

/* The first picture sets a mode of its size. */
static int set_mode(uint32_t fb, uint32_t width, uint32_t height)
{
	struct drm_mode_crtc set = {
		.crtc_id = crtc, .fb_id = fb, .set_connectors_ptr = (uintptr_t)&connector,
		.count_connectors = 1, .mode_valid = 1,
		.mode = {
			.hdisplay = width, .hsync_start = width + 16,
			.hsync_end = width + 32, .htotal = width + 48,
			.vdisplay = height, .vsync_start = height + 4,
			.vsync_end = height + 8, .vtotal = height + 12, .vrefresh = 60,
			.clock = (width + 48) * (height + 12) * 60 / 1000,
			.name = "film",
		},
	};

	return call(DRM_IOCTL_MODE_SETCRTC, &set);
}

/* Flips, and waits until the picture before is not shown any more. */
static int flip(uint32_t fb)
{
	struct drm_mode_crtc_page_flip arg = {
		.crtc_id = crtc, .fb_id = fb, .flags = DRM_MODE_PAGE_FLIP_EVENT,
	};
	char event[1024];
	ssize_t n;
	int rc = call(DRM_IOCTL_MODE_PAGE_FLIP, &arg);

	if (rc)
		return rc;
	do
		n = read(card, event, sizeof(event));
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

static int kms_picture(int fd, uint32_t width, uint32_t height)
{
	static unsigned int shown;
	uint32_t fb = 0;
	int rc = import(fd, width, height, &fb);

	if (rc)
		return rc;
	return shown++ ? flip(fb) : set_mode(fb, width, height);
}

static void kms_close(void)
{
	close(card);
}

const struct show show_kms = { kms_open, kms_picture, kms_close };
