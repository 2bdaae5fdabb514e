// SPDX-License-Identifier: GPL-2.0-only
/* Methods of rip for a display that is a DRM/KMS driver, see rip.h. */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "card.h"
#include "rip.h"

#define MOST_CONNECTORS	16
#define PLAIN_SIDE	128	/* PLAIN_SIZE pixels of four bytes */

static int card = -1;

bool kms_open(void)
{
	card = card_open("rstmem_ramfb");
	return card >= 0;
}

uint32_t kms_shown(void)
{
	uint32_t id = 0;
	struct drm_mode_card_res res = { .crtc_id_ptr = (uintptr_t)&id, .count_crtcs = 1 };
	struct drm_mode_crtc crtc = { 0 };

	if (!card_call(card, DRM_IOCTL_MODE_GETRESOURCES, &res)) {
		crtc.crtc_id = id;
		card_call(card, DRM_IOCTL_MODE_GETCRTC, &crtc);
	}
	if (!crtc.fb_id)
		errx(1, "the display shows nothing");
	return crtc.fb_id;
}

/* Maps a buffer of the card in the way that is for buffers of its own. */
static void *map_dumb(uint32_t handle, size_t size, int prot)
{
	struct drm_mode_map_dumb map = { .handle = handle };
	int rc = card_call(card, DRM_IOCTL_MODE_MAP_DUMB, &map);

	errno = -rc;
	return rc ? MAP_FAILED : mmap(NULL, size, prot, MAP_SHARED, card, map.offset);
}

uint32_t kms_plain(void)
{
	struct drm_mode_create_dumb dumb = {
		.width = PLAIN_SIDE, .height = PLAIN_SIDE, .bpp = 32,
	};
	struct drm_mode_fb_cmd2 fb = {
		.width = PLAIN_SIDE, .height = PLAIN_SIDE, .pixel_format = CARD_XRGB8888,
		.pitches = { 4 * PLAIN_SIDE },
	};
	int rc = card_call(card, DRM_IOCTL_MODE_CREATE_DUMB, &dumb);
	void *map;

	if (rc)
		errx(1, "dumb buffer: %s", strerror(-rc));
	map = map_dumb(dumb.handle, PLAIN_SIZE, PROT_READ | PROT_WRITE);
	if (map == MAP_FAILED)
		err(1, "dumb buffer");
	fill(map, PLAIN_SIZE);
	munmap(map, PLAIN_SIZE);
	fb.handles[0] = dumb.handle;
	rc = card_call(card, DRM_IOCTL_MODE_ADDFB2, &fb);
	if (rc)
		errx(1, "framebuffer: %s", strerror(-rc));
	return fb.fb_id;
}

/* Gets a handle of a framebuffer, which may be another process's. Returns 0 or -errno. */
static int get_fb(const struct victim *v, struct drm_mode_fb_cmd2 *fb)
{
	int rc;

	memset(fb, 0, sizeof(*fb));
	fb->fb_id = v->fb;
	rc = card_call(card, DRM_IOCTL_MODE_GETFB2, fb);
	return rc ? rc : fb->handles[0] ? 0 : -EACCES;
}

/* Exports a buffer of a device, and searches a mapping of that. */
static int map_export(int device, uint32_t handle)
{
	struct drm_prime_handle prime = { .handle = handle, .flags = O_CLOEXEC | O_RDWR };
	struct victim exported = { .num = 1 };
	int rc = card_call(device, DRM_IOCTL_PRIME_HANDLE_TO_FD, &prime);

	if (rc)
		return rc;
	exported.buffer[0] = prime.fd;
	rc = map_each(&exported, PROT_READ, look_plain);
	close(prime.fd);
	return rc;
}

static int by_prime(const struct victim *v)
{
	struct drm_mode_fb_cmd2 fb;
	int rc = get_fb(v, &fb);

	return rc ? rc : map_export(card, fb.handles[0]);
}

static int by_dumb(const struct victim *v)
{
	struct drm_mode_fb_cmd2 fb;
	int rc = get_fb(v, &fb);
	size_t size;
	void *map;

	if (rc)
		return rc;
	size = (size_t)fb.pitches[0] * fb.height;
	map = map_dumb(fb.handles[0], size, PROT_READ);
	if (map == MAP_FAILED)
		return -errno;
	rc = look_plain(map, size);
	munmap(map, size);
	return rc;
}

/* Looks for a connector that writes the picture to memory. No driver of ramfb has one. */
static int by_writeback(const struct victim *v)
{
	uint32_t ids[MOST_CONNECTORS], n;
	struct drm_set_client_cap caps[] = {
		{ DRM_CLIENT_CAP_ATOMIC, 1 },
		{ DRM_CLIENT_CAP_WRITEBACK_CONNECTORS, 1 },
	};
	struct drm_mode_card_res res = {
		.connector_id_ptr = (uintptr_t)ids, .count_connectors = MOST_CONNECTORS,
	};
	int rc = card_call(card, DRM_IOCTL_SET_CLIENT_CAP, &caps[0]);

	(void)v;
	rc = rc ? rc : card_call(card, DRM_IOCTL_SET_CLIENT_CAP, &caps[1]);
	rc = rc ? rc : card_call(card, DRM_IOCTL_MODE_GETRESOURCES, &res);
	if (rc)
		return rc;
	/* The search must have seen those that there are. */
	if (!res.count_connectors || res.count_connectors > MOST_CONNECTORS)
		return -ERANGE;
	for (n = 0; n < res.count_connectors; n++) {
		struct drm_mode_get_connector get = { .connector_id = ids[n] };

		rc = card_call(card, DRM_IOCTL_MODE_GETCONNECTOR, &get);
		if (rc)
			return rc;
		if (get.connector_type == DRM_MODE_CONNECTOR_WRITEBACK)
			return 1;
	}
	return NO_SUCH_THING;
}

/* vgem's buffers are for the CPU. */
static int by_vgem(const struct victim *v)
{
	int vgem = card_open("vgem"), worst = -ENOENT, rc;
	unsigned int n;

	if (vgem < 0)
		return vgem;
	for (n = 0; n < v->num; n++) {
		struct drm_prime_handle prime = { .fd = v->buffer[n] };

		rc = card_call(vgem, DRM_IOCTL_PRIME_FD_TO_HANDLE, &prime);
		rc = rc ? rc : map_export(vgem, prime.handle);
		if (rc > worst || worst == -ENOENT)
			worst = rc;
	}
	close(vgem);
	return worst;
}

const struct method kms_methods[] = {
	{ "KMS: GETFB2, PRIME and mmap", by_prime },
	{ "KMS: GETFB2 and MAP_DUMB", by_dumb },
	{ "KMS: writeback connector", by_writeback },
	{ "KMS: import into vgem, and mmap", by_vgem },
};

const unsigned int kms_count = sizeof(kms_methods) / sizeof(*kms_methods);
