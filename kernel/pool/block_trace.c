// SPDX-License-Identifier: GPL-2.0-only
/* Tracepoints of the blocks of elastic pools: their definitions. */
#define CREATE_TRACE_POINTS
#include "block_trace.h"
