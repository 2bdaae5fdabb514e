/* SPDX-License-Identifier: GPL-2.0-only */
/* Files for programs, which end with a message if they cannot be read. */
#ifndef LOAD_H
#define LOAD_H

#include <stddef.h>
#include <stdint.h>

#include "mp4.h"

/* Returns the contents of a file, which stay until the program ends. */
const uint8_t *load_file(const char *path, size_t *size);

void load_film(const char *path, struct mp4 *film);

#endif /* LOAD_H */
