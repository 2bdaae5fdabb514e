// SPDX-License-Identifier: GPL-2.0-only
/*
 * Access to the memory behind a memory reference.
 *
 * Here softtee plays the secure world. It maps a window of restricted memory for each
 * access, or a whole buffer for one command, and has no mapping at other times. The
 * owner of normal memory may change its contents at any time, so softtee reads them once,
 * into private memory.
 *
 * A device that is not coherent reads memory, not the CPU's caches. So softtee writes the
 * caches back before it unmaps the window, with the kernel's function for persistent
 * memory. On an architecture without this function, devices must be coherent.
 */
#include <linux/highmem.h>
#include <linux/io.h>
#include <linux/libnvdimm.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/tee_rstmem.h>
#include <tee_gp.h>

#include "service.h"
#include "softtee.h"

/* The largest window. */
#define WINDOW		SZ_64K

static bool is_restricted(const struct tee_shm *shm)
{
	return shm->flags & TEE_SHM_RESTRICTED;
}

/* Make the checks that are common to inputs and outputs. */
static u32 get_memref(struct softtee_call *call, unsigned int n,
		      unsigned int kinds, struct tee_param_memref **ref)
{
	struct tee_param_memref *memref = &call->params[n].u.memref;
	const struct tee_shm *shm = memref->shm;
	struct tee_rstmem_info info;

	/* NULL is an empty reference; an empty reference needs no memory. */
	if (!shm)
		memref->size = 0;
	if (!memref->size) {
		*ref = memref;
		return TEEC_SUCCESS;
	}

	/* The TEE core checks references of user space, but not of drivers. */
	if (memref->shm_offs > shm->size ||
	    memref->size > shm->size - memref->shm_offs)
		return TEEC_ERROR_BAD_PARAMETERS;

	if (is_restricted(shm)) {
		if (!(kinds & SOFTTEE_RESTRICTED))
			return TEEC_ERROR_ACCESS_DENIED;
		/* Access to the memory of another TEE could stop the machine. */
		if (tee_rstmem_shm_info(shm, &info) ||
		    info.teedev != call->ctx->teedev)
			return TEEC_ERROR_ACCESS_DENIED;
	} else {
		if (!(kinds & SOFTTEE_NORMAL))
			return TEEC_ERROR_ACCESS_DENIED;
		/* softtee cannot reach this memory, for example another exporter's dma-buf. */
		if (!shm->kaddr && !shm->pages)
			return TEEC_ERROR_BAD_PARAMETERS;
	}

	*ref = memref;
	return TEEC_SUCCESS;
}

/**
 * softtee_call_input() - get a parameter that the service reads
 * @call:	the call
 * @n:		number of the parameter, 0 to 3
 * @kinds:	allowed kinds: SOFTTEE_NORMAL, SOFTTEE_RESTRICTED or both
 * @ref:	out: the reference, in bounds; with size 0, its shm may be of any kind
 *		or NULL
 *
 * Return: TEEC_SUCCESS, TEEC_ERROR_BAD_PARAMETERS for another type, or
 * TEEC_ERROR_ACCESS_DENIED for memory of another kind.
 */
u32 softtee_call_input(struct softtee_call *call, unsigned int n,
		       unsigned int kinds, struct tee_param_memref **ref)
{
	if (call->params[n].attr != TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_INPUT)
		return TEEC_ERROR_BAD_PARAMETERS;
	return get_memref(call, n, kinds, ref);
}

/**
 * softtee_call_output() - get a parameter that the service writes
 * @call:	the call
 * @n:		number of the parameter, 0 to 3
 * @kinds:	allowed kinds: SOFTTEE_NORMAL, SOFTTEE_RESTRICTED or both
 * @ref:	out: as for softtee_call_input(); the service sets its size
 *
 * Return: as softtee_call_input().
 */
u32 softtee_call_output(struct softtee_call *call, unsigned int n,
			unsigned int kinds, struct tee_param_memref **ref)
{
	switch (call->params[n].attr) {
	case TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_OUTPUT:
	case TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_INOUT:
		return get_memref(call, n, kinds, ref);
	default:
		return TEEC_ERROR_BAD_PARAMETERS;
	}
}

/**
 * softtee_call_none() - check that a parameter and those after it are unused
 * @call:	the call
 * @n:		number of the first, 0 to 3
 *
 * Return: TEEC_SUCCESS or TEEC_ERROR_BAD_PARAMETERS.
 */
u32 softtee_call_none(const struct softtee_call *call, unsigned int n)
{
	for (; n < SOFTTEE_PARAMS; n++)
		if (call->params[n].attr != TEE_IOCTL_PARAM_ATTR_TYPE_NONE)
			return TEEC_ERROR_BAD_PARAMETERS;
	return TEEC_SUCCESS;
}

/**
 * softtee_mem_same_use_case() - compare the use cases of two buffers
 * @a:		reference to restricted memory, from one of the functions above
 * @b:		the same
 *
 * Return: true if content may pass between the buffers, or if a reference is empty.
 */
bool softtee_mem_same_use_case(const struct tee_param_memref *a,
			       const struct tee_param_memref *b)
{
	struct tee_rstmem_info a_info, b_info;

	return !a->size || !b->size ||
	       (!tee_rstmem_shm_info(a->shm, &a_info) &&
		!tee_rstmem_shm_info(b->shm, &b_info) &&
		a_info.use_case == b_info.use_case);
}

static void copy_pages(struct page **pages, size_t offs, void *buf, size_t len,
		       bool write)
{
	size_t n, in_page;
	struct page *page;

	for (; len; offs += n, buf += n, len -= n) {
		page = pages[offs >> PAGE_SHIFT];
		in_page = offset_in_page(offs);
		n = min_t(size_t, len, PAGE_SIZE - in_page);
		if (write)
			memcpy_to_page(page, in_page, buf, n);
		else
			memcpy_from_page(buf, page, in_page, n);
	}
}

static void write_back(void *va, size_t len)
{
	arch_wb_cache_pmem(va, len);
	/* Complete the write-backs before a device can be told to read. */
	wmb();
}

static int copy_phys(phys_addr_t paddr, void *buf, size_t len, bool write)
{
	size_t n;
	void *va;

	for (; len; paddr += n, buf += n, len -= n) {
		n = min_t(size_t, len, WINDOW);
		va = memremap(paddr, n, MEMREMAP_WB);
		if (!va)
			return -ENOMEM;
		if (write) {
			memcpy(va, buf, n);
			write_back(va, n);
		} else {
			memcpy(buf, va, n);
		}
		memunmap(va);
	}
	return 0;
}

static int copy_shm(const struct tee_shm *shm, size_t offs, void *buf,
		    size_t len, bool write)
{
	/* A restricted buffer of softtee is contiguous, see pool.c. */
	if (is_restricted(shm))
		return copy_phys(shm->paddr + offs, buf, len, write);
	if (shm->pages) {
		copy_pages(shm->pages, shm->offset + offs, buf, len, write);
		return 0;
	}
	if (write)
		memcpy(shm->kaddr + offs, buf, len);
	else
		memcpy(buf, shm->kaddr + offs, len);
	return 0;
}

/**
 * softtee_mem_read() - copy from the memory behind a reference
 * @ref:	from softtee_call_input() or softtee_call_output()
 * @pos:	offset in the reference, bytes
 * @buf:	out: private memory
 * @len:	bytes; @pos + @len is within the reference
 *
 * May sleep.
 *
 * Return: 0, or -ENOMEM when the memory cannot be mapped; @buf may be changed then.
 */
int softtee_mem_read(const struct tee_param_memref *ref, size_t pos, void *buf,
		     size_t len)
{
	return copy_shm(ref->shm, ref->shm_offs + pos, buf, len, false);
}

/**
 * softtee_mem_write() - copy to the memory behind a reference
 * @ref:	from softtee_call_output()
 * @pos:	offset in the reference, bytes
 * @buf:	private memory; not changed
 * @len:	bytes; @pos + @len is within the reference
 *
 * May sleep.
 *
 * Return: 0, or -ENOMEM when the memory cannot be mapped; part may be written then.
 */
int softtee_mem_write(const struct tee_param_memref *ref, size_t pos, void *buf,
		      size_t len)
{
	return copy_shm(ref->shm, ref->shm_offs + pos, buf, len, true);
}

/**
 * softtee_mem_map() - map restricted memory behind a reference
 * @ref:	from softtee_call_output(), of SOFTTEE_RESTRICTED memory, not empty
 *
 * For a service that needs all of a buffer at once. Other sessions may change the
 * contents meanwhile. May sleep.
 *
 * Return: the address, for softtee_mem_unmap(), or NULL.
 */
void *softtee_mem_map(const struct tee_param_memref *ref)
{
	return memremap(ref->shm->paddr + ref->shm_offs, ref->size,
			MEMREMAP_WB);
}

/**
 * softtee_mem_unmap() - end a mapping
 * @ref:	the reference, with the size that it was mapped with
 * @va:		from softtee_mem_map()
 *
 * Writes the caches back, so that devices see the data. May sleep.
 */
void softtee_mem_unmap(const struct tee_param_memref *ref, void *va)
{
	write_back(va, ref->size);
	memunmap(va);
}
