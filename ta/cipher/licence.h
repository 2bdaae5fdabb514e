/* SPDX-License-Identifier: GPL-2.0-only */
/* Licences of the cipher service. */
#ifndef TA_CIPHER_LICENCE_H
#define TA_CIPHER_LICENCE_H

#include <stdint.h>
#include <tee_internal_api.h>

/*
 * Unwraps the key of a licence, 24 bytes, which it overwrites. Returns TEE_SUCCESS and 16
 * bytes at @key, TEE_ERROR_SECURITY when the licence is not for this device, or an error of
 * the API.
 */
TEE_Result licence_open(uint8_t *licence, uint8_t *key);

#endif
