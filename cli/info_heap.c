// SPDX-License-Identifier: GPL-2.0-only
/* The dma-heaps of restricted memory, as rstmem info shows them. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "verbs.h"

/*
 * Kernels whose framework takes heaps from modules have all in one class. There a
 * heap can be rstmem's only if the module that adds them is loaded.
 */
static enum heap_origin find_origin(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/class/rstmem_heap/protected,%s", name);
	if (!access(path, F_OK))
		return HEAP_OF_RSTMEM;
	snprintf(path, sizeof(path), "/sys/class/dma_heap/protected,%s", name);
	if (!access(path, F_OK) && access("/sys/module/rstmem_heap", F_OK))
		return HEAP_OF_KERNEL;
	return HEAP_OF_ANYBODY;
}

/*
 * @use_case is the expected use case of the heap at @path, shown if it cannot be
 * opened; 0 if it is not known.
 */
void heap_read(struct heap *heap, const char *path, uint32_t use_case)
{
	struct rstmem *dev;
	uint64_t offered = 0;

	*heap = (struct heap){ .path = path, .use_case = use_case };
	heap->err = rstmem_open_via(path, RSTMEM_VIA_HEAP, &dev);
	if (!heap->err) {
		heap->err = rstmem_use_cases(dev, &offered);
		rstmem_close(dev);
	}
	if (offered)
		heap->use_case = (uint32_t)__builtin_ctzll(offered);

	rstmem_use_case_name(heap->use_case, heap->name, sizeof(heap->name));
	heap->origin = find_origin(heap->name);
}

/* A heap tells no figures itself. */
static const char *memory(const struct heap *heap)
{
	switch (heap->err) {
	case 0:
		break;
	case -ENODEV:
		return "none, no TEE device is behind it";
	case -EACCES:
	case -EPERM:
		return "no permission to open it";
	default:
		return strerror(-heap->err);
	}

	switch (heap->origin) {
	case HEAP_OF_RSTMEM:
		return "that of a TEE device";
	case HEAP_OF_KERNEL:
		return "unknown: the kernel's own";
	default:
		return "unknown: rstmem's or the kernel's";
	}
}

/* Add a row to the table of rstmem info. */
void heap_add(struct table *t, const struct heap *heap)
{
	int i;

	table_add(t, heap->path);
	table_add(t, heap->name);
	for (i = 0; i < 8; i++)
		table_add(t, "-");
	table_add(t, memory(heap));
}

void heap_print_json(struct json *json, const struct heap *heap)
{
	json_begin(json, NULL, '{');
	json_string(json, "path", heap->path);
	if (!heap->err || heap->err == -ENODEV)
		json_bool(json, "restricted_memory", !heap->err);
	else
		json_null(json, "restricted_memory");
	if (heap->err && heap->err != -ENODEV)
		json_string(json, "error", strerror(-heap->err));
	json_u64(json, "use_case", heap->use_case);
	json_string(json, "name", heap->name);
	if (heap->origin == HEAP_OF_ANYBODY)
		json_null(json, "origin");
	else
		json_string(json, "origin", heap->origin == HEAP_OF_RSTMEM ?
					    "rstmem" : "kernel");
	json_end(json, '}');
}
