// SPDX-License-Identifier: GPL-2.0-only
/* Buffers that the display imports, and what can be shown of them. */
#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/overflow.h>
#include <linux/tee_rstmem.h>

#include "ramfb.h"

/**
 * ramfb_check_use_case() - refuse restricted memory that is not for a display
 * @dmabuf:	any buffer
 *
 * Return: 0 or -EACCES.
 */
int ramfb_check_use_case(const struct dma_buf *dmabuf)
{
	struct tee_rstmem_info info;

	if (tee_rstmem_dma_buf_info(dmabuf, &info))
		return 0;
	return info.use_case == TEE_IOC_UC_SECURE_VIDEO_PLAY ||
	       info.use_case == TEE_IOC_UC_TRUSTED_UI ? 0 : -EACCES;
}

/**
 * ramfb_frame_init() - import a buffer
 * @frame:	out: the buffer, for ramfb_frame_deinit()
 * @dev:	the display
 * @dmabuf:	the buffer; the frame takes a reference
 *
 * Return: 0, -EACCES when it is not for a display, or an error of attaching or mapping.
 */
int ramfb_frame_init(struct ramfb_frame *frame, struct device *dev,
		     struct dma_buf *dmabuf)
{
	int rc;

	rc = ramfb_check_use_case(dmabuf);
	if (rc)
		return rc;
	frame->attach = dma_buf_attach(dmabuf, dev);
	if (IS_ERR(frame->attach))
		return PTR_ERR(frame->attach);
	/* Mapping is the only access. */
	frame->sgt = dma_buf_map_attachment_unlocked(frame->attach,
						     DMA_TO_DEVICE);
	if (IS_ERR(frame->sgt)) {
		dma_buf_detach(dmabuf, frame->attach);
		return PTR_ERR(frame->sgt);
	}
	frame->dmabuf = dmabuf;
	get_dma_buf(dmabuf);
	return 0;
}

/**
 * ramfb_frame_deinit() - release a buffer
 * @frame:	the buffer, which is not shown any more; or one that is all 0
 */
void ramfb_frame_deinit(struct ramfb_frame *frame)
{
	if (!frame->dmabuf)
		return;
	dma_buf_unmap_attachment_unlocked(frame->attach, frame->sgt,
					  DMA_TO_DEVICE);
	dma_buf_detach(frame->dmabuf, frame->attach);
	dma_buf_put(frame->dmabuf);
	frame->dmabuf = NULL;
}

/**
 * ramfb_mode_check() - check what ramfb would ignore
 * @mode:	the picture; its address does not matter
 * @offset:	bytes of the buffer before its first row
 * @size:	bytes of the buffer
 *
 * Return: 0, or -EINVAL when a side is out of range, rows overlap, or the picture is not
 * within the buffer.
 */
int ramfb_mode_check(const struct ramfb_mode *mode, size_t offset, size_t size)
{
	size_t needed, end;

	if (mode->width < RAMFB_MIN_SIDE || mode->width > RAMFB_MAX_SIDE ||
	    mode->height < RAMFB_MIN_SIDE || mode->height > RAMFB_MAX_SIDE ||
	    mode->stride < 4 * mode->width || mode->stride % 4 || offset % 4)
		return -EINVAL;
	if (check_mul_overflow((size_t)mode->stride, (size_t)mode->height,
			       &needed) ||
	    check_add_overflow(needed, offset, &end) || end > size)
		return -EINVAL;
	return 0;
}

/**
 * ramfb_frame_mode() - check a picture and get its address
 * @frame:	its buffer
 * @offset:	bytes before its first row
 * @mode:	the picture; its address is set
 *
 * Return: 0, or -EINVAL as ramfb_mode_check(), or when the buffer is not contiguous.
 */
int ramfb_frame_mode(const struct ramfb_frame *frame, size_t offset,
		     struct ramfb_mode *mode)
{
	struct scatterlist *sg = frame->sgt->sgl;

	if (frame->sgt->nents != 1 || sg_dma_len(sg) < frame->dmabuf->size)
		return -EINVAL;
	mode->addr = sg_dma_address(sg) + offset;
	return ramfb_mode_check(mode, offset, frame->dmabuf->size);
}
