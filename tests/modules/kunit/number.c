// SPDX-License-Identifier: GPL-2.0-only
#include "../../unit/number.c"
