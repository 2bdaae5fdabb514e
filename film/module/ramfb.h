/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rstmem_ramfb: a display for restricted memory, on QEMU's device ramfb, which scans out of
 * the guest's memory. This header has the declarations that its files share.
 */
#ifndef _RSTMEM_RAMFB_H
#define _RSTMEM_RAMFB_H

#include <linux/dma-buf.h>
#include <linux/types.h>

struct device;

/**
 * struct ramfb_mode - picture that is scanned out
 * @addr:	DMA address of the first pixel
 * @width:	pixels
 * @height:	rows
 * @stride:	bytes from row to row
 */
struct ramfb_mode {
	dma_addr_t addr;
	u32 width;
	u32 height;
	u32 stride;
};

#define RAMFB_MIN_SIDE	16
#define RAMFB_MAX_SIDE	4096

/* ramfb.c: the device */
int ramfb_init(struct device *dev);
void ramfb_deinit(struct device *dev);
int ramfb_show(const struct ramfb_mode *mode);
int ramfb_blank(void);

/**
 * struct ramfb_frame - a buffer that can be scanned out
 * @dmabuf:	the buffer
 * @attach:	the display's attachment to it
 * @sgt:	its address for the display
 */
struct ramfb_frame {
	struct dma_buf *dmabuf;
	struct dma_buf_attachment *attach;
	struct sg_table *sgt;
};

/* frame.c: buffers */
int ramfb_check_use_case(const struct dma_buf *dmabuf);
int ramfb_mode_check(const struct ramfb_mode *mode, size_t offset, size_t size);
int ramfb_frame_init(struct ramfb_frame *frame, struct device *dev,
		     struct dma_buf *dmabuf);
void ramfb_frame_deinit(struct ramfb_frame *frame);
int ramfb_frame_mode(const struct ramfb_frame *frame, size_t offset,
		     struct ramfb_mode *mode);

/* kms.c with DRM, screen.c without: a way in for programs */
int ramfb_front_init(struct device *dev);
void ramfb_front_deinit(struct device *dev);

#endif /* _RSTMEM_RAMFB_H */
