// SPDX-License-Identifier: GPL-2.0-only
/* What comes and goes: the device, and modules. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "../support/ktap.h"
#include "../support/target.h"
#include "op.h"
#include "state.h"

/* As if the hardware went, and came. */
static int run_unbind(void)
{
	return target_remove();
}

static int run_bind(void)
{
	return target_return();
}

static void bind_again(void)
{
	if (!softtee_is_there() && target_return())
		ktap_bail("softtee does not come back");
}

static void undo_bind(void)
{
	undo();
	bind_again();
}

static void prepare_unbound(void)
{
	if (target_remove())
		ktap_bail("softtee does not go");
}

static struct {
	const char *name;
	char path[256];
	char params[128];
} files[] = {
	{ .name = "rstmem_heap" }, { .name = "tee_rstmem" }, { .name = "softtee" },
	{ .name = "rstmem_fake", .params = "paddr=0x4000000000 attach_to=0x686f" },
};

#define FILES	COUNT(files)

/* Where modprobe would find them. */
void find_modules(void)
{
	char path[256], line[1024], *name;
	struct utsname uts;
	size_t n;
	FILE *f;

	uname(&uts);
	snprintf(path, sizeof(path), "/lib/modules/%s/modules.dep", uts.release);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f)) {
		line[strcspn(line, ":")] = 0;
		for (n = 0; n < FILES; n++) {
			char file[64];

			snprintf(file, sizeof(file), "/%s.ko", files[n].name);
			name = strstr(line, file);
			if (name && !name[strlen(file)])
				snprintf(files[n].path, sizeof(files[n].path),
					 "/lib/modules/%.60s/%.100s",
					 uts.release, line);
		}
	}
	if (f)
		fclose(f);
	/* One use case and its heap stand for all, which binding has. */
	f = fopen("/sys/module/softtee/parameters/pool", "r");
	if (!f || fscanf(f, "%100[^,]", line) != 1)
		ktap_bail("softtee has no pool");
	fclose(f);
	snprintf(files[2].params, sizeof(files[2].params), "pool=%.100s", line);
	for (n = 0; n < FILES; n++)
		if (!*files[n].path)
			ktap_bail("no file of %s", files[n].name);
}

static bool is_loaded(int n)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/module/%s", files[n].name);
	return !access(path, F_OK);
}

static int load(int n)
{
	s.file = open(files[n].path, O_RDONLY | O_CLOEXEC);
	if (s.file < 0)
		return -errno;
	return result(syscall(SYS_finit_module, s.file, files[n].params, 0));
}

static int unload(int n)
{
	return result(syscall(SYS_delete_module, files[n].name, O_NONBLOCK));
}

/* Has modules up to, and not, number @n loaded. */
static void have_loaded(int n)
{
	int i, rc = 0;

	for (i = FILES - 1; i >= n; i--)
		if (is_loaded(i))
			rc = rc ? rc : unload(i);
	for (i = 0; i < n; i++) {
		if (!is_loaded(i))
			rc = rc ? rc : load(i);
		undo();
	}
	if (rc)
		ktap_bail("modules do not load or unload: %s", strerror(-rc));
}

void have_none(void)
{
	have_loaded(0);
}

static void have_heap(void)
{
	have_loaded(1);
}

/* Fresh ones, so that softtee's use cases are the first to connect to heaps. */
static void have_core(void)
{
	have_loaded(0);
	have_loaded(2);
}

static void have_core_used(void)
{
	have_loaded(0);
	have_loaded(3);
	have_loaded(2);
}

static void have_heap_used(void)
{
	have_core_used();
	have_loaded(1);
}

static void have_all(void)
{
	have_loaded(3);
}

/* rstmem_host's device is there all the time, used by nobody. */
static void have_attached(void)
{
	have_core();
	if (load(3))
		ktap_bail("rstmem_fake does not attach");
	undo();
}

static int run_load_heap(void)
{
	return load(0);
}

static int run_load_core(void)
{
	return load(1);
}

static int run_load_softtee(void)
{
	return load(2);
}

static int run_attach(void)
{
	return load(3);
}

static int run_detach(void)
{
	return unload(3);
}

static int run_unload_softtee(void)
{
	return unload(2);
}

static int run_unload_core(void)
{
	return unload(1);
}

static int run_unload_heap(void)
{
	return unload(0);
}

/* Without any, what is left can be seen. */
static void undo_modules(void)
{
	undo();
	have_none();
}

/*
 * request_mem_region() is NULL when it has no memory for the claim as it is when the
 * range is somebody else's: that is EBUSY.
 */
const struct op binding[] = {
	OP("unbind softtee", prepare_nothing, run_unbind, .undo = undo_bind),
	OP("bind softtee", prepare_unbound, run_bind, .errors = { -EBUSY },
	   .undo = undo_bind),
};

/*
 * kmem_cache_create() of 6.12 shows a stack when it fails, and forgets the cache's name
 * when it cannot have a directory in sysfs: both are the kernel's own, and the core has
 * nothing to undo there yet. module_add_driver() says EINVAL for its directory, and what
 * the driver core meets before it calls the driver it keeps to itself: ENODEV then.
 */
const struct op loading[] = {
	OP("load rstmem_heap", have_none, run_load_heap, .undo = undo_modules),
	OP("load tee_rstmem", have_heap, run_load_core,
	   .without = "__kmem_cache_create_args", .undo = undo_modules),
	OP("load softtee", have_core, run_load_softtee,
	   .errors = { -EBUSY, -EINVAL, -ENODEV },
	   .undo = undo_modules),
	OP("unload softtee", have_all, run_unload_softtee, .undo = undo_modules),
	OP("unload tee_rstmem", have_core_used, run_unload_core,
	   .undo = undo_modules),
	OP("unload rstmem_heap", have_heap_used, run_unload_heap,
	   .undo = undo_modules),
};

const struct op attaching[] = {
	OP("attach to another driver's device", have_core, run_attach,
	   .undo = undo_modules),
	OP("detach from it", have_attached, run_detach, .undo = undo_modules),
};

const size_t num_binding = COUNT(binding);
const size_t num_loading = COUNT(loading);
const size_t num_attaching = COUNT(attaching);
