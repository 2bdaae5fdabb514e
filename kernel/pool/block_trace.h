/* SPDX-License-Identifier: GPL-2.0-only */
/* Tracepoints of the blocks of elastic pools; core/trace.h has the others. */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM rstmem

#if !defined(_RSTMEM_BLOCK_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _RSTMEM_BLOCK_TRACE_H

#include <linux/tracepoint.h>

/* A step of a block ended. @from and @to are the states during the step and after it. */
TRACE_EVENT(rstmem_block,
	TP_PROTO(u64 start, u64 size, const char *from, const char *to, int error),
	TP_ARGS(start, size, from, to, error),
	TP_STRUCT__entry(
		__field(u64, start)
		__field(u64, size)
		__string(from, from)
		__string(to, to)
		__field(int, error)
	),
	TP_fast_assign(
		__entry->start = start;
		__entry->size = size;
		__assign_str(from);
		__assign_str(to);
		__entry->error = error;
	),
	TP_printk("start=0x%llx size=%llu from=%s to=%s error=%d", __entry->start,
		  __entry->size, __get_str(from), __get_str(to), __entry->error)
);

/* A block could not be taken: @pages are in use, the first at @first. */
TRACE_EVENT(rstmem_block_busy,
	TP_PROTO(u64 start, u64 pages, u64 first),
	TP_ARGS(start, pages, first),
	TP_STRUCT__entry(
		__field(u64, start)
		__field(u64, pages)
		__field(u64, first)
	),
	TP_fast_assign(
		__entry->start = start;
		__entry->pages = pages;
		__entry->first = first;
	),
	TP_printk("start=0x%llx pages=%llu first=0x%llx", __entry->start,
		  __entry->pages, __entry->first)
);

#endif /* _RSTMEM_BLOCK_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE block_trace
#include <trace/define_trace.h>
