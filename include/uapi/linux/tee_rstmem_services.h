/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * Trusted services that work on restricted memory: their UUIDs and commands.
 *
 * softtee has them built in. A client that follows this header runs unchanged
 * with any TEE that installs the same services.
 *
 * Parameters are GlobalPlatform's: at most four, p0 to p3, each a value or a
 * memory reference; a value's a and b carry 32 bits each. "normal" is memory
 * from TEE_IOC_SHM_ALLOC or TEE_IOC_SHM_REGISTER, "restricted" is a buffer from
 * TEE_IOC_RSTMEM_ALLOC. A parameter that a command does not list must be NONE.
 *
 * A memory reference of size 0 is empty. Its memory is not accessed and may be of any
 * kind. The reference may be NULL (TEE_MEMREF_NULL). An empty input has no bytes. An
 * empty output is too small for any byte. NULL is always empty: its size counts
 * as 0.
 *
 * Results that every command may give:
 *
 *	TEEC_ERROR_BAD_PARAMETERS	a parameter of another type, or of a size that
 *					makes no sense
 *	TEEC_ERROR_ACCESS_DENIED	normal memory where only restricted is
 *					allowed, or the reverse, or restricted
 *					memory of another use case
 *	TEEC_ERROR_SHORT_BUFFER		an output is too small; its size is set to
 *					the size needed and nothing was written
 *	TEEC_ERROR_NOT_SUPPORTED	no such command
 *	TEEC_ERROR_CANCEL		cancelled; what is done so far stays done. With
 *					the origin TEEC_ORIGIN_TRUSTED_APP, the size
 *					of an output of cipher or copy says how
 *					much. With TEEC_ORIGIN_TEE, nothing is done
 *	TEEC_ERROR_OUT_OF_MEMORY	the TEE has no memory left
 *
 * Opening a session takes no parameters. TEEC_ERROR_NOT_SUPPORTED then means that
 * the TEE lacks the algorithm.
 */
#ifndef _UAPI_LINUX_TEE_RSTMEM_SERVICES_H
#define _UAPI_LINUX_TEE_RSTMEM_SERVICES_H

/*
 * cipher, 6dc95beb-5572-435f-935d-64d5be7e943e
 *
 * AES-128 or AES-256 in CTR mode (NIST SP 800-38A), from normal into restricted
 * memory. Encryption and decryption are the same operation. A session holds one key.
 * The counter block is 128 bits wide, big endian, and wraps.
 */
#define RSTMEM_SVC_CIPHER_UUID \
	{ 0x6d, 0xc9, 0x5b, 0xeb, 0x55, 0x72, 0x43, 0x5f, \
	  0x93, 0x5d, 0x64, 0xd5, 0xbe, 0x7e, 0x94, 0x3e }

/*
 * p0 memref in: the key, 32 bytes for AES-256 or 16 bytes for AES-128, normal
 * p1 memref in: the first counter block, 16 bytes, normal
 * Sets the session's key and first counter block, and moves the stream to position 0. If
 * the command fails for a lack of memory or a bad parameter, nothing changes.
 */
#define RSTMEM_SVC_CIPHER_SET_KEY	0

/*
 * p0 memref in: input, normal, any number of bytes
 * p1 memref out or inout: output, restricted, at least as large; its size is
 *	set to the bytes written
 * p2 value in: position of p0 in the stream, bytes, a the lower 32 bits and
 *	b the upper (a wider value is a bad parameter); or NONE: where the last
 *	UPDATE of the session ended
 * TEEC_ERROR_BAD_STATE before the session has a key.
 */
#define RSTMEM_SVC_CIPHER_UPDATE	1

/*
 * p0 memref in: a sample of common encryption (ISO/IEC 23001-7, scheme "cenc"), for
 *	example a frame of a film; normal
 * p1 memref out or inout: output, restricted, at least as large; its size is
 *	set to the bytes written
 * p2 memref in: how the sample is encrypted, normal: its first counter block, 16
 *	bytes, and its subsamples, at most 1024 and perhaps none. A subsample is two
 *	numbers of 32 bits, little endian: clear bytes, and encrypted bytes behind
 *	them. The subsamples together are as long as p0. Without subsamples, all of
 *	p0 is encrypted.
 * The encrypted bytes of a sample are one stream. As the standard says, only the lower
 * 64 bits of its counter block are incremented, and they wrap. The stream of UPDATE stays
 * where it is. TEEC_ERROR_BAD_STATE before the session has a key.
 */
#define RSTMEM_SVC_CIPHER_SAMPLE	2

/*
 * p0 memref in: a licence, 24 bytes, normal: a key for AES-128, wrapped with the key of
 *	the device as in RFC 3394, with the default initial value
 * Sets the session's key, as SET_KEY does, with a first counter block of 0. The client
 * passes the licence on and never has the key. TEEC_ERROR_SECURITY: the licence is for
 * another device, or was changed. TEEC_ERROR_NOT_SUPPORTED: the TEE has no licences.
 */
#define RSTMEM_SVC_CIPHER_LICENCE	3

#define RSTMEM_SVC_CIPHER_KEY_SIZE	32
#define RSTMEM_SVC_CIPHER_KEY_128_SIZE	16
#define RSTMEM_SVC_CIPHER_IV_SIZE	16
#define RSTMEM_SVC_CIPHER_SUBSAMPLE_SIZE	8
#define RSTMEM_SVC_CIPHER_SUBSAMPLES	1024
#define RSTMEM_SVC_CIPHER_LICENCE_SIZE	24

/*
 * FOR DEMONSTRATION: the key of every device, for AES-128. It is public, so a licence made
 * with it protects nothing. A product has a secret key for each device, which only its TEE
 * and the licence server know.
 */
#define RSTMEM_SVC_CIPHER_DEMO_DEVICE_KEY \
	{ 0x11, 0xfe, 0x6f, 0x49, 0x22, 0x88, 0xfb, 0x9c, \
	  0x5a, 0xa6, 0x9d, 0xb2, 0xcb, 0xd8, 0x7c, 0x79 }

/*
 * copy, 6ae4c474-df22-4146-964e-c19c2dd67842
 *
 * Copies from restricted to restricted memory of the same use case, and clears restricted
 * memory.
 */
#define RSTMEM_SVC_COPY_UUID \
	{ 0x6a, 0xe4, 0xc4, 0x74, 0xdf, 0x22, 0x41, 0x46, \
	  0x96, 0x4e, 0xc1, 0x9c, 0x2d, 0xd6, 0x78, 0x42 }

/*
 * p0 memref in: source, restricted
 * p1 memref out or inout: destination, restricted, same use case, at least as
 *	large; its size is set to the bytes written
 * Ranges of the same buffer may overlap.
 */
#define RSTMEM_SVC_COPY_COPY		0

/*
 * p0 memref out or inout: restricted; all bytes become 0, and its size is set to the bytes
 *	cleared
 * If the TEE can write its caches back, the zeros are in memory when the command succeeds, for
 * devices that do not see the CPU's caches. OP-TEE can with CFG_CACHE_API=y.
 */
#define RSTMEM_SVC_COPY_CLEAR		1

/*
 * digest, ac1dcabd-e37f-48c8-9934-ab9b19ae12e2
 *
 * SHA-256 of restricted or normal memory, for tests. Digests disclose contents:
 * a client can digest a short range and find its contents by trying. A TEE that
 * guards real content does not install this service.
 */
#define RSTMEM_SVC_DIGEST_UUID \
	{ 0xac, 0x1d, 0xca, 0xbd, 0xe3, 0x7f, 0x48, 0xc8, \
	  0x99, 0x34, 0xab, 0x9b, 0x19, 0xae, 0x12, 0xe2 }

/*
 * p0 memref in: what to digest, restricted or normal
 * p1 memref out or inout: the digest, 32 bytes, normal; its size is set to 32
 */
#define RSTMEM_SVC_DIGEST_SHA256	0

#define RSTMEM_SVC_DIGEST_SHA256_SIZE	32

/*
 * decoder, 7f1f431a-168c-4a2b-9469-9a571def6c10
 *
 * Decodes video from restricted into restricted memory of the same use case.
 */
#define RSTMEM_SVC_DECODER_UUID \
	{ 0x7f, 0x1f, 0x43, 0x1a, 0x16, 0x8c, 0x4a, 0x2b, \
	  0x94, 0x69, 0x9a, 0x57, 0x1d, 0xef, 0x6c, 0x10 }

/*
 * p0 memref in: a frame of V4L2_PIX_FMT_FWHT with its header, restricted, at most 64 MiB:
 *	version 3, three components, YUV 4:2:0, progressive
 * p1 memref out or inout: the reference frame, restricted: the planes Y, Cb and Cr of the
 *	frame before, which the service replaces by those of this frame. The sides of a
 *	plane are rounded up to a multiple of 8, its rows have no gaps.
 * p2 memref out or inout: the picture, restricted: XRGB8888 (DRM_FORMAT_XRGB8888), rows
 *	of 4 * width bytes; the planes have the limited range of ITU-R BT.601
 * p3 value in: a the width and b the height of the picture in pixels, even, 16 to 4096
 * The sizes of p1 and p2 are set to those of planes and picture.
 *
 * The result does not depend on the content of restricted memory and so discloses nothing
 * of it. A fault in the frame ends decoding: the rest of the planes stays as it was, and
 * the command succeeds. A frame of other sides or another format has a fault in its header.
 */
#define RSTMEM_SVC_DECODER_FWHT		0

#define RSTMEM_SVC_DECODER_FRAME_SIZE	0x4000000

#endif /* _UAPI_LINUX_TEE_RSTMEM_SERVICES_H */
