// SPDX-License-Identifier: GPL-2.0-only
/* The in-kernel front end: functions for other drivers, see <linux/tee_rstmem.h>. */
#include <linux/dma-buf.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/fcntl.h>
#include <linux/mm.h>
#include <linux/tee_rstmem.h>

#include "../core/buffer.h"
#include "../core/dmabuf.h"

/**
 * tee_rstmem_alloc() - allocate restricted memory inside the kernel
 * @teedev:	the TEE device, or NULL for the first that offers the use case
 * @flags:	must be 0
 * @use_case:	TEE_IOC_UC_*
 * @size:	bytes; dmabuf->size is the rounded size, as for TEE_IOC_RSTMEM_ALLOC
 *
 * The buffer belongs to no user and has no id. The limits in sysfs do not apply to it, but
 * the dmem cgroup of the current process is charged. May sleep.
 *
 * Return: a dma-buf, for dma_buf_put(), or ERR_PTR: the errors of TEE_IOC_RSTMEM_ALLOC,
 * with -EOPNOTSUPP in place of -ENODEV. Also -EOPNOTSUPP when no device fits.
 */
struct dma_buf *tee_rstmem_alloc(struct tee_device *teedev, u32 flags,
				 u32 use_case, u64 size)
{
	const struct rstmem_request req = {
		.flags = flags,
		.use_case = use_case,
		.size = size,
	};
	struct dma_buf *dmabuf = rstmem_dmabuf_create(teedev, &req, O_RDWR);

	/* A device that is being removed does not fit either. */
	return dmabuf == ERR_PTR(-ENODEV) ? ERR_PTR(-EOPNOTSUPP) : dmabuf;
}
EXPORT_SYMBOL_GPL(tee_rstmem_alloc);

/**
 * tee_rstmem_dma_buf_info() - recognise restricted memory, and describe it
 * @dmabuf:	any dma-buf
 * @info:	out: all fields, if it is restricted memory; may be NULL
 *
 * Return: 0, or -EINVAL when it is not restricted memory.
 */
int tee_rstmem_dma_buf_info(const struct dma_buf *dmabuf,
			    struct tee_rstmem_info *info)
{
	const struct rstmem_buffer *buf = rstmem_dmabuf_buffer(dmabuf);

	if (!buf)
		return -EINVAL;
	if (info)
		rstmem_buffer_info(buf, info);
	return 0;
}
EXPORT_SYMBOL_GPL(tee_rstmem_dma_buf_info);

/**
 * tee_rstmem_dma_buf_address() - get the physical address of restricted memory
 * @dmabuf:	any dma-buf
 * @offset:	bytes into the buffer
 * @addr:	out: the physical address
 *
 * For tests of the protection. Importers do not call this function: they map the dma-buf.
 *
 * Return: 0, or -EINVAL when @dmabuf is not restricted memory or @offset is beyond its end.
 */
int tee_rstmem_dma_buf_address(const struct dma_buf *dmabuf, u64 offset,
			       phys_addr_t *addr)
{
	const struct rstmem_buffer *buf = rstmem_dmabuf_buffer(dmabuf);
	u64 page = ALIGN_DOWN(offset, PAGE_SIZE);

	if (!buf || offset >= buf->shm.size)
		return -EINVAL;
	rstmem_buffer_run(buf, page, addr);
	*addr += offset - page;
	return 0;
}
EXPORT_SYMBOL_GPL(tee_rstmem_dma_buf_address);

/**
 * tee_rstmem_set_importers() - set the list of devices that may import
 * @rdev:	from tee_rstmem_register() or tee_rstmem_attach()
 * @use_case:	TEE_IOC_UC_*
 * @list:	text as for the file "importers" in sysfs, see
 *		tee_rstmem(7):
 *		"driver:GLOB", "device:GLOB", "compatible:GLOB" with spaces between
 *		them, or "any" or "none"
 *
 * Replaces the list of the registration. The administrator can replace it in turn. May
 * sleep.
 *
 * Return: 0; -EINVAL for a use case that is not offered or a malformed list; -E2BIG
 * for a list that is too long; -ENOMEM.
 */
int tee_rstmem_set_importers(struct tee_rstmem_device *rdev, u32 use_case,
			     const char *list)
{
	struct rstmem_offer *offer = rstmem_device_offer(rdev, use_case);

	if (IS_ERR(offer))
		return -EINVAL;
	return rstmem_policy_set(&offer->policy, list);
}
EXPORT_SYMBOL_GPL(tee_rstmem_set_importers);
