/* SPDX-License-Identifier: GPL-2.0-only */
#include <tee_internal_api.h>
