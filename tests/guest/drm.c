// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stock display drivers as importers, by PRIME: each gives the answer that
 * docs/importers.md documents, and keeps nothing of a buffer after it was refused,
 * closed, killed or unbound. QEMU emulates the devices. With the argument "iommu" they
 * are behind an IOMMU.
 */
#include <dirent.h>
#include <drm/drm.h>
#include <drm/drm_mode.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../film/card.h"
#include "../support/account.h"
#include "../support/guest.h"
#include "../support/ktap.h"
#include "../support/tee.h"

#define VIDEO	TEE_IOC_UC_SECURE_VIDEO_PLAY
#define RECORD	TEE_IOC_UC_SECURE_VIDEO_RECORD
#define ACCOUNT	VIDEO_ACCOUNT
#define POOL	(64 * MIB)
#define WIDTH	640
#define HEIGHT	480
#define SIZE	(2 * MIB)

/* The way a driver treats a buffer that it is offered. */
enum way {
	MAPS,		/* imports it, and maps it for the device: EPERM, ERANGE */
	KEEPS,		/* imports it without a map, which reaches nothing */
	ASKS,		/* maps it, then gives up: EPERM, ERANGE, or error */
	GIVES_UP,	/* gives up before that: always error */
};

static const struct driver {
	const char *module, *name;
	const char *bus;	/* below /sys/bus; NULL if it cannot be unbound */
	enum { OLD = 1, NEW, BOTH } kernels;	/* 6.12, 7.0 and later */
	enum way way;
	int error;
	bool far;		/* its device reaches memory beyond 4 GiB */
	bool shows;		/* it has an output */
} drivers[] = {
	{ "vgem", "vgem", NULL, OLD, MAPS, 0, true, false },
	{ "vgem", "vgem", NULL, NEW, KEEPS, 0, true, false },
	{ "cirrus", "cirrus", "pci/drivers/cirrus", OLD, MAPS, 0, false, true },
	{ "cirrus-qemu", "cirrus-qemu", "pci/drivers/cirrus-qemu", NEW, KEEPS, 0,
	  false, true },
	{ "bochs", "bochs-drm", "pci/drivers/bochs-drm", OLD, GIVES_UP, -EINVAL,
	  false, true },
	{ "bochs", "bochs-drm", "pci/drivers/bochs-drm", NEW, KEEPS, 0, false,
	  true },
	/* Unbound, it leaves its interrupt handler behind, with freed memory. */
	{ "qxl", "qxl", NULL, BOTH, ASKS, -ENOSYS, false, true },
	{ "virtio-gpu", "virtio_gpu", "virtio/drivers/virtio_gpu", BOTH, ASKS,
	  -ENODEV, true, true },
};

static int watch;
static bool iommu;

/* A GEM handle, or -errno. */
static int import(int card, int buf)
{
	struct drm_prime_handle prime = { .fd = buf };
	int rc = card_call(card, DRM_IOCTL_PRIME_FD_TO_HANDLE, &prime);

	return rc ? rc : (int)prime.handle;
}

static void forget(int card, int handle)
{
	struct drm_gem_close arg = { .handle = handle };

	if (card_call(card, DRM_IOCTL_GEM_CLOSE, &arg))
		ktap_bail("handle %d: %s", handle, strerror(errno));
}

/* Imports once, and closes the handle. */
static int try_import(int card, int buf)
{
	int handle = import(card, buf);

	if (handle > 0)
		forget(card, handle);
	return handle > 0 ? 0 : handle;
}

/* Nothing is in use, and the pool is whole: it can be had in one piece. */
static void check_nothing_left(const struct driver *d, const char *after)
{
	unsigned int tries = 0;
	int all;

	/* A closed file is released a moment later. */
	while (tee_used(watch, VIDEO) && tries++ < 200)
		usleep(10 * 1000);
	ktap_eq(tee_used(watch, VIDEO), 0, "%s: nothing is in use after %s", d->name,
		after);
	all = tee_rstmem(watch, VIDEO, POOL, NULL);
	ktap(all >= 0, "%s: the pool is whole after %s", d->name, after);
	if (all >= 0)
		close(all);
}

static bool asks(const struct driver *d)
{
	return d->way == MAPS || d->way == ASKS;
}

static void test_lists(const struct driver *d, int card)
{
	int buf = tee_rstmem(watch, VIDEO, SIZE, NULL);
	int want = asks(d) ? -EPERM : d->error;
	uint64_t refused;
	unsigned int n;

	ktap_eq(try_import(card, buf), d->error, "%s: %s", d->name,
		d->error ? "cannot import, and says so" : "imports");
	account_write(ACCOUNT, "importers", "none");
	refused = account_number(ACCOUNT, "failures/importer");
	for (n = 0; n < 8; n++)
		if (try_import(card, buf) != want)
			break;
	ktap_eq(n, 8, "%s: %s when it is not on the list", d->name,
		asks(d) ? "gets EPERM" : "does not map, so does the same,");
	ktap_eq(account_number(ACCOUNT, "failures/importer") - refused,
		asks(d) ? 8 : 0, "%s: %s", d->name,
		asks(d) ? "refusals are counted" : "no refusal is counted");
	account_write(ACCOUNT, "importers", "any");
	close(buf);
	check_nothing_left(d, "refusals");
}

/* Beyond 4 GiB, which devices with 32 address bits reach through an IOMMU only. */
static void test_far(const struct driver *d, int card)
{
	int buf = tee_rstmem(watch, RECORD, SIZE, NULL);
	int want = asks(d) && !d->far && !iommu ? -ERANGE : d->error;

	ktap_eq(try_import(card, buf), want, "%s: %s for a buffer beyond 4 GiB",
		d->name, want == -ERANGE ? "gets ERANGE" : "does the same");
	close(buf);
	ktap_eq(tee_used(watch, RECORD), 0,
		"%s: nothing is in use beyond 4 GiB afterwards", d->name);
}

/* The first connector that has a mode. Returns 0 or -errno. */
static int find_output(int card, uint32_t *connector, uint32_t *crtc,
		       struct drm_mode_modeinfo *mode)
{
	uint32_t connectors[8], crtcs[8];
	struct drm_mode_card_res res = {
		.connector_id_ptr = (uintptr_t)connectors, .count_connectors = 8,
		.crtc_id_ptr = (uintptr_t)crtcs, .count_crtcs = 8,
	};
	static struct drm_mode_modeinfo modes[128];
	unsigned int n, m;
	int rc = card_call(card, DRM_IOCTL_MODE_GETRESOURCES, &res);

	for (n = 0; !rc && n < res.count_connectors && n < 8; n++) {
		struct drm_mode_get_connector con = {
			.connector_id = connectors[n],
		};

		/* The first call probes the modes, the second one has them. */
		if (card_call(card, DRM_IOCTL_MODE_GETCONNECTOR, &con))
			continue;
		con = (struct drm_mode_get_connector) {
			.connector_id = connectors[n],
			.modes_ptr = (uintptr_t)modes, .count_modes = 128,
		};
		if (card_call(card, DRM_IOCTL_MODE_GETCONNECTOR, &con))
			continue;
		for (m = 0; m < con.count_modes && m < 128; m++) {
			if (modes[m].hdisplay != WIDTH ||
			    modes[m].vdisplay != HEIGHT)
				continue;
			*connector = connectors[n];
			*crtc = crtcs[0];
			*mode = modes[m];
			return 0;
		}
	}
	return rc ? rc : -ENOENT;
}

static int show(int card, uint32_t handle)
{
	struct drm_mode_fb_cmd2 fb = {
		.width = WIDTH, .height = HEIGHT,
		.pixel_format = 0x34325258,	/* XR24 */
		.handles = { handle }, .pitches = { WIDTH * 4 },
	};
	struct drm_mode_modeinfo mode;
	uint32_t connector, crtc;
	int rc = find_output(card, &connector, &crtc, &mode);

	if (rc)
		ktap_bail("no output: %s", strerror(-rc));
	rc = card_call(card, DRM_IOCTL_MODE_ADDFB2, &fb);
	if (!rc) {
		struct drm_mode_crtc set = {
			.crtc_id = crtc, .fb_id = fb.fb_id,
			.set_connectors_ptr = (uintptr_t)&connector,
			.count_connectors = 1, .mode_valid = 1, .mode = mode,
		};

		rc = card_call(card, DRM_IOCTL_MODE_SETCRTC, &set);
		card_call(card, DRM_IOCTL_MODE_RMFB, &fb.fb_id);
	}
	return rc;
}

/*
 * Drivers that import show a picture by reading it with the CPU. They must not get
 * that far.
 */
static void test_cpu(const struct driver *d, int card)
{
	struct drm_mode_create_dumb dumb = {
		.width = WIDTH, .height = HEIGHT, .bpp = 32,
	};
	int buf = tee_rstmem(watch, VIDEO, SIZE, NULL), handle = import(card, buf);
	struct drm_mode_map_dumb map = { .handle = handle };
	void *at = MAP_FAILED;

	if (handle <= 0)
		ktap_bail("%s: %s", d->name, strerror(-handle));
	if (!card_call(card, DRM_IOCTL_MODE_MAP_DUMB, &map))
		at = mmap(NULL, SIZE, PROT_READ, MAP_SHARED, card, map.offset);
	ktap(at == MAP_FAILED, "%s: an imported buffer cannot be mapped for the CPU",
	     d->name);
	if (d->shows) {
		if (card_call(card, DRM_IOCTL_MODE_CREATE_DUMB, &dumb))
			ktap_bail("%s: no buffer of its own", d->name);
		ktap_eq(show(card, dumb.handle), 0, "%s: shows a buffer of its own",
			d->name);
		ktap_eq(show(card, handle), -EINVAL,
			"%s: does not show an imported buffer, which it would read with the CPU",
			d->name);
		forget(card, dumb.handle);
	}
	forget(card, handle);
	close(buf);
	check_nothing_left(d, "closing the handle");
}

/* A process with an imported buffer is killed. */
static void test_kill(const struct driver *d)
{
	int ready[2], card, buf, status;
	pid_t pid;
	char c;

	if (pipe(ready))
		ktap_bail("pipe: %s", strerror(errno));
	pid = fork();
	if (!pid) {
		card = card_open(d->name);
		buf = tee_rstmem(watch, VIDEO, SIZE, NULL);
		if (card < 0 || import(card, buf) <= 0 ||
		    write(ready[1], "", 1) != 1)
			_exit(1);
		close(buf);
		for (;;)
			pause();
	}
	close(ready[1]);
	if (read(ready[0], &c, 1) != 1)
		ktap_bail("%s: the child does not import", d->name);
	ktap_eq(tee_used(watch, VIDEO), SIZE,
		"%s: an imported buffer is in use without its descriptor", d->name);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	close(ready[0]);
	check_nothing_left(d, "kill -9");
}

/* The driver is taken from its device while it has an imported buffer. */
static void test_unbind(const struct driver *d, int card)
{
	char path[96], device[64] = "";
	struct dirent *entry;
	int buf, handle;
	DIR *dir;

	snprintf(path, sizeof(path), "/sys/bus/%s", d->bus);
	dir = opendir(path);
	while (dir && (entry = readdir(dir)))
		if (strchr(entry->d_name, ':') || !strncmp(entry->d_name, "virtio", 6))
			snprintf(device, sizeof(device), "%.60s", entry->d_name);
	if (!dir || !*device)
		ktap_bail("%s: no device in %s", d->name, path);
	closedir(dir);

	buf = tee_rstmem(watch, VIDEO, SIZE, NULL);
	handle = import(card, buf);
	snprintf(path, sizeof(path), "/sys/bus/%s/unbind", d->bus);
	ktap(!guest_write(path, device), "%s: is unbound %s", d->name,
	     handle > 0 ? "while it has a buffer" : "after it refused a buffer");
	ktap(import(card, buf) < 0, "%s: imports nothing when it is unbound",
	     d->name);
	ktap_eq(tee_used(watch, VIDEO), SIZE,
		"%s: the buffer stays in use when it is unbound", d->name);
	close(buf);
	close(card);
	check_nothing_left(d, "unbinding");
	snprintf(path, sizeof(path), "/sys/bus/%s/bind", d->bus);
	ktap(!guest_write(path, device), "%s: is bound again", d->name);
}

static void test_driver(const struct driver *d)
{
	char command[64];
	int card;

	snprintf(command, sizeof(command), "modprobe -q %s", d->module);
	if (system(command) || (card = card_open(d->name)) < 0) {
		ktap(false, "%s: is here", d->name);
		return;
	}
	test_lists(d, card);
	test_far(d, card);
	if (!d->error) {
		test_cpu(d, card);
		test_kill(d);
	}
	if (d->bus)
		test_unbind(d, card);
	else
		close(card);
}

int main(int argc, char **argv)
{
	size_t n;

	iommu = argc > 1 && !strcmp(argv[1], "iommu");
	ktap_start();
	watch = tee_open(SOFTTEE_IMPL_ID);
	for (n = 0; n < sizeof(drivers) / sizeof(*drivers); n++) {
		const struct driver *d = &drivers[n];

		if (d->kernels & (guest_since(7, 0) ? NEW : OLD))
			test_driver(d);
	}
	close(watch);
	return ktap_end();
}
