// SPDX-License-Identifier: GPL-2.0-only
/* Operations on the device and on modules: binding, loading, attaching. */
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

/* Remove the hardware, and bring it back. */
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

/* Finds the files that modprobe would load. */
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
	/* One use case and its heap are enough; binding has them all. */
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

/* Loads the modules below number @n, and unloads the others. */
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

/* Modules loaded anew: softtee's use cases are the first to connect to heaps. */
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

/* The device of rstmem_host exists all the time, without users. */
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

/* Leftovers show when no module is loaded. */
static void undo_modules(void)
{
	undo();
	have_none();
}

/*
 * request_mem_region() returns NULL without memory for the claim and for a range that is
 * in use; both become EBUSY.
 */
const struct op binding[] = {
	OP("unbind softtee", prepare_nothing, run_unbind, .undo = undo_bind),
	OP("bind softtee", prepare_unbound, run_bind, .errors = { -EBUSY },
	   .undo = undo_bind),
};

/*
 * When kmem_cache_create() of 6.12 fails it prints a stack trace, and without memory for a
 * directory in sysfs it leaks the name of the cache. Both are faults of the kernel, and the
 * core has nothing to undo then. module_add_driver() fails with EINVAL for its directory.
 * The driver core hides failures before it calls the driver; loading then ends in ENODEV.
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
	OP("detach from another driver's device", have_attached, run_detach,
	   .undo = undo_modules),
};

const size_t num_binding = COUNT(binding);
const size_t num_loading = COUNT(loading);
const size_t num_attaching = COUNT(attaching);
