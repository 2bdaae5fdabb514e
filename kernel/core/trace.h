/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracepoints of allocation, import and release.
 *
 * Names and fields are an interface: fields may be added at the end.
 * "account" is the use case's name in sysfs. "ino" is the inode of the dma-buf, which
 * fstat() of its descriptors returns.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM rstmem

#if !defined(_RSTMEM_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _RSTMEM_TRACE_H

#include <linux/device.h>
#include <linux/dma-direction.h>
#include <linux/scatterlist.h>
#include <linux/tracepoint.h>

/* A buffer was allocated at @paddr, 0 if it has pages. The caller wanted @wanted bytes. */
TRACE_EVENT(rstmem_alloc,
	TP_PROTO(const char *account, unsigned long ino, u64 size, u64 wanted,
		 u64 paddr),
	TP_ARGS(account, ino, size, wanted, paddr),
	TP_STRUCT__entry(
		__string(account, account)
		__field(unsigned long, ino)
		__field(u64, size)
		__field(u64, wanted)
		__field(u64, paddr)
	),
	TP_fast_assign(
		__assign_str(account);
		__entry->ino = ino;
		__entry->size = size;
		__entry->wanted = wanted;
		__entry->paddr = paddr;
	),
	TP_printk("%s ino=%lu size=%llu wanted=%llu paddr=0x%llx",
		  __get_str(account), __entry->ino, __entry->size,
		  __entry->wanted, __entry->paddr)
);

/* The last reference to a buffer is gone. Its memory is about to be freed. */
TRACE_EVENT(rstmem_free,
	TP_PROTO(const char *account, unsigned long ino, u64 size),
	TP_ARGS(account, ino, size),
	TP_STRUCT__entry(
		__string(account, account)
		__field(unsigned long, ino)
		__field(u64, size)
	),
	TP_fast_assign(
		__assign_str(account);
		__entry->ino = ino;
		__entry->size = size;
	),
	TP_printk("%s ino=%lu size=%llu", __get_str(account), __entry->ino,
		  __entry->size)
);

DECLARE_EVENT_CLASS(rstmem_importer,
	TP_PROTO(const char *account, unsigned long ino, u64 size,
		 struct device *dev),
	TP_ARGS(account, ino, size, dev),
	TP_STRUCT__entry(
		__string(account, account)
		__field(unsigned long, ino)
		__field(u64, size)
		__string(device, dev_name(dev))
	),
	TP_fast_assign(
		__assign_str(account);
		__entry->ino = ino;
		__entry->size = size;
		__assign_str(device);
	),
	TP_printk("%s ino=%lu size=%llu device=%s", __get_str(account),
		  __entry->ino, __entry->size, __get_str(device))
);

/* A device mapped a buffer for the first time since it attached. */
DEFINE_EVENT(rstmem_importer, rstmem_attach,
	TP_PROTO(const char *account, unsigned long ino, u64 size,
		 struct device *dev),
	TP_ARGS(account, ino, size, dev)
);

/* A device that had mapped a buffer detached. */
DEFINE_EVENT(rstmem_importer, rstmem_detach,
	TP_PROTO(const char *account, unsigned long ino, u64 size,
		 struct device *dev),
	TP_ARGS(account, ino, size, dev)
);

/* A device unmapped a buffer. */
DEFINE_EVENT(rstmem_importer, rstmem_unmap,
	TP_PROTO(const char *account, unsigned long ino, u64 size,
		 struct device *dev),
	TP_ARGS(account, ino, size, dev)
);

/* A device mapped a buffer, from the DMA address @addr on, in @segments pieces. */
TRACE_EVENT(rstmem_map,
	TP_PROTO(const char *account, unsigned long ino, u64 size,
		 struct device *dev, enum dma_data_direction dir,
		 const struct sg_table *sgt),
	TP_ARGS(account, ino, size, dev, dir, sgt),
	TP_STRUCT__entry(
		__string(account, account)
		__field(unsigned long, ino)
		__field(u64, size)
		__string(device, dev_name(dev))
		__field(int, dir)
		__field(u64, addr)
		__field(u32, segments)
	),
	TP_fast_assign(
		__assign_str(account);
		__entry->ino = ino;
		__entry->size = size;
		__assign_str(device);
		__entry->dir = dir;
		__entry->addr = sg_dma_address(sgt->sgl);
		__entry->segments = sgt->nents;
	),
	TP_printk("%s ino=%lu size=%llu device=%s dir=%s addr=0x%llx segments=%u",
		  __get_str(account), __entry->ino, __entry->size,
		  __get_str(device),
		  __print_symbolic(__entry->dir,
				   { DMA_BIDIRECTIONAL, "both" },
				   { DMA_TO_DEVICE, "to-device" },
				   { DMA_FROM_DEVICE, "from-device" }),
		  __entry->addr, __entry->segments)
);

/* A device may not map a buffer (EPERM), or cannot map it (other errors). */
TRACE_EVENT(rstmem_refuse,
	TP_PROTO(const char *account, unsigned long ino, u64 size,
		 struct device *dev, int error),
	TP_ARGS(account, ino, size, dev, error),
	TP_STRUCT__entry(
		__string(account, account)
		__field(unsigned long, ino)
		__field(u64, size)
		__string(device, dev_name(dev))
		__field(int, error)
	),
	TP_fast_assign(
		__assign_str(account);
		__entry->ino = ino;
		__entry->size = size;
		__assign_str(device);
		__entry->error = error;
	),
	TP_printk("%s ino=%lu size=%llu device=%s error=%d",
		  __get_str(account), __entry->ino, __entry->size,
		  __get_str(device), __entry->error)
);

/* An allocation was refused: EDQUOT, ENOMEM, or an error of the backend. */
TRACE_EVENT(rstmem_alloc_refuse,
	TP_PROTO(const char *account, u64 wanted, int error),
	TP_ARGS(account, wanted, error),
	TP_STRUCT__entry(
		__string(account, account)
		__field(u64, wanted)
		__field(int, error)
	),
	TP_fast_assign(
		__assign_str(account);
		__entry->wanted = wanted;
		__entry->error = error;
	),
	TP_printk("%s wanted=%llu error=%d", __get_str(account),
		  __entry->wanted, __entry->error)
);

#endif /* _RSTMEM_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
