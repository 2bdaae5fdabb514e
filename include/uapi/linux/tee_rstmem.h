/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * Restricted memory of a TEE device: what user space and the kernel agree on.
 *
 * Restricted memory lies behind a hardware firewall. A trusted execution
 * environment and the devices that a use case permits may reach it, the normal
 * CPU may not. User space allocates it from a TEE device and gets a dma-buf:
 *
 *	struct tee_ioctl_rstmem_alloc_data data = {
 *		.size = 3 << 20,
 *		.use_case = TEE_IOC_UC_SECURE_VIDEO_PLAY,
 *	};
 *	int tee = open("/dev/tee0", O_RDWR | O_CLOEXEC);
 *	int buf = ioctl(tee, TEE_IOC_RSTMEM_ALLOC, &data);
 *
 * The return value is a dma-buf file descriptor with O_CLOEXEC set. data.size
 * is now what was really allocated, rounded up to the granule of the use case,
 * and data.flags are the flags in force. data.id names the buffer in memory
 * reference parameters (struct tee_ioctl_param, member c) of TEE_IOC_INVOKE
 * and TEE_IOC_OPEN_SESSION on the same open file, and nowhere else.
 *
 * Lifetime. The buffer exists until the last reference to the dma-buf is gone,
 * nobody has it registered (see TEE_IOC_SHM_REGISTER_FD) and no TEE call that was
 * given an id of it is still running. The id ends with the dma-buf or with the
 * open TEE file, whichever goes first; closing the TEE file leaves the dma-buf to
 * whoever still holds it.
 *
 * The dma-buf has no CPU side: mmap() of it fails, and DMA_BUF_IOCTL_SYNC does
 * nothing. It can be passed to other processes and imported by devices. Another
 * process that wants to name it in TEE calls of its own gets an id for it with
 * TEE_IOC_SHM_REGISTER_FD. What a descriptor is can be asked with
 * TEE_IOC_RSTMEM_FD_INFO, and is in /proc/PID/fdinfo: exp_name is "rstmem," and
 * the name or number of the use case, "rstmem,secure-video" for example.
 *
 * The same buffers can be had without a TEE device, from the dma-heaps
 * "protected,secure-video", "protected,trusted-ui" and
 * "protected,secure-video-record" below /dev/dma_heap, one for each use case of
 * that name that some TEE device offers (<linux/dma-heap.h>). They have no id
 * until somebody registers them.
 *
 * Errors of TEE_IOC_RSTMEM_ALLOC, with errno set and nothing allocated:
 *
 *	EINVAL		use_case reserved or not offered by the device, unknown
 *			flag, non-zero pad, size 0, size that overflows when
 *			rounded or is beyond the width of a physical address;
 *			also any TEE device that never had restricted memory
 *	ENOMEM		the pool has no room for the buffer, or the kernel none
 *			for what describes it
 *	EDQUOT		a limit set by the administrator is exceeded
 *	ENODEV		the device's restricted memory is going away
 *	EOPNOTSUPP	the device has no restricted memory
 *	EMFILE, ENFILE	no file descriptor left
 *	EFAULT		the pointer is bad
 *	EIO		the device's driver misbehaves; its log says how
 *
 * Every structure here has the same layout in 32-bit and 64-bit programs.
 */
#ifndef _UAPI_LINUX_TEE_RSTMEM_H
#define _UAPI_LINUX_TEE_RSTMEM_H

#include <linux/ioctl.h>
#include <linux/tee.h>
#include <linux/types.h>

/*
 * Set in gen_caps of TEE_IOC_VERSION when the device has restricted memory, but
 * only by kernels older than 6.17, which gave the bit to TEE_GEN_CAP_OBJREF.
 * TEE_IOC_RSTMEM_QUERY is the way to ask on every kernel.
 */
#ifndef TEE_GEN_CAP_OBJREF
#define TEE_GEN_CAP_RSTMEM	(1 << 4)
#endif

/* What a buffer is for; it decides which devices may reach it. */
#define TEE_IOC_UC_RESERVED		0	/* refused */
#define TEE_IOC_UC_SECURE_VIDEO_PLAY	1
#define TEE_IOC_UC_TRUSTED_UI		2
#define TEE_IOC_UC_SECURE_VIDEO_RECORD	3
/* A device may offer more, with numbers from 4 to TEE_IOC_UC_MAX. */
#define TEE_IOC_UC_MAX			63

/**
 * struct tee_ioctl_rstmem_alloc_data - argument of TEE_IOC_RSTMEM_ALLOC
 * @size:	in: bytes wanted, not 0; out: bytes allocated
 * @flags:	in: must be 0, no flag is defined; out: flags in force
 * @use_case:	in: TEE_IOC_UC_*, not TEE_IOC_UC_RESERVED
 * @id:		out: identifies the buffer in this open TEE file, above 0
 * @pad:	in: must be 0
 *
 * 24 bytes in every ABI. Written back before the descriptor exists, and only
 * on success.
 */
struct tee_ioctl_rstmem_alloc_data {
	__u64 size;
	__u32 flags;
	__u32 use_case;
	__s32 id;
	__u32 pad;
};

/*
 * Allocates restricted memory, see the top of this file. The number is also
 * that of TEE_IOC_OBJECT_INVOKE (6.17 and later); the commands differ.
 */
#define TEE_IOC_RSTMEM_ALLOC	_IOWR(TEE_IOC_MAGIC, TEE_IOC_BASE + 10, \
				      struct tee_ioctl_rstmem_alloc_data)

#ifndef TEE_IOC_SHM_REGISTER_FD
#define TEE_RSTMEM_DEFINES_REGISTER_FD
/**
 * struct tee_ioctl_shm_register_fd_data - argument of TEE_IOC_SHM_REGISTER_FD
 * @fd:		in: descriptor of a dma-buf
 * @size:	out: bytes of the buffer
 * @flags:	in: must be 0; out: flags in force
 * @id:		out: identifies the buffer in this open TEE file, above 0
 *
 * <linux/tee.h> has the same since 6.18.
 */
struct tee_ioctl_shm_register_fd_data {
	__s64 fd;
	__u64 size;
	__u32 flags;
	__s32 id;
};

/*
 * Gives a buffer of restricted memory, whoever allocated it, an id in this open
 * TEE file. Returns a descriptor, with O_CLOEXEC set, that stands for the
 * registration: the id ends when it is closed or the TEE file is, whichever goes
 * first, and until then keeps the memory, also when the dma-buf is closed. It
 * offers no operation but close().
 *
 * Errors, with nothing registered:
 *
 *	EBADF		fd is not an open descriptor; any 64 bits are allowed
 *	EINVAL		fd is not a dma-buf, or flags are not 0
 *	EXDEV		restricted memory of another TEE device
 *	EOPNOTSUPP	a dma-buf that is not restricted memory. A kernel that has
 *			this command itself (6.18 and later) decides about these
 *			on its own
 *	ENODEV		the device's restricted memory is going away
 *	ENOMEM, EMFILE, ENFILE, EFAULT	as above
 *
 * The number and the structure are those of mainline.
 */
#define TEE_IOC_SHM_REGISTER_FD	_IOWR(TEE_IOC_MAGIC, TEE_IOC_BASE + 8, \
				      struct tee_ioctl_shm_register_fd_data)
#endif

/* Numbers from here up are the project's own. */
#define TEE_IOC_RSTMEM_BASE	(TEE_IOC_BASE + 0x40)

/* Contents of a freed buffer are cleared before its memory is used again. */
#define TEE_RSTMEM_CAP_SCRUBS		(1 << 0)
/*
 * Something outside the kernel's control keeps the CPU out. Without it the
 * device imitates protection, for development.
 */
#define TEE_RSTMEM_CAP_PROTECTED	(1 << 1)

/**
 * struct tee_ioctl_rstmem_query - argument of TEE_IOC_RSTMEM_QUERY
 * @use_case:	in: the use case asked about, or TEE_IOC_UC_RESERVED for the
 *		device as a whole: then all but @use_cases is 0
 * @flags:	in: must be 0
 * @use_cases:	out: bit N is set when use case N is offered
 * @granule:	out: bytes; sizes are rounded up to a multiple of it
 * @total:	out: bytes of memory behind the use case
 * @used:	out: bytes of it that are allocated
 * @largest_free: out: bytes of the largest buffer that fits now
 * @buffers:	out: number of buffers alive
 * @caps:	out: TEE_RSTMEM_CAP_*
 *
 * Use cases that share memory each report all of it. The figures are a
 * snapshot; another process may allocate a moment later.
 */
struct tee_ioctl_rstmem_query {
	__u32 use_case;
	__u32 flags;
	__u64 use_cases;
	__u64 granule;
	__u64 total;
	__u64 used;
	__u64 largest_free;
	__u32 buffers;
	__u32 caps;
};

#define TEE_IOC_RSTMEM_QUERY_SIZE_VER0	56

/*
 * Asks what the device offers. The structure may grow at its end. A program
 * built for a larger one than the kernel knows is served when all it has
 * beyond the kernel's is 0 (E2BIG otherwise) and gets that part back as 0; one
 * built for a smaller one, down to TEE_IOC_RSTMEM_QUERY_SIZE_VER0, gets as much
 * as it has room for. Other errors: EINVAL for a use case that is not offered
 * and for non-zero flags, ENODEV, EOPNOTSUPP and EFAULT as above.
 */
#define TEE_IOC_RSTMEM_QUERY	_IOWR(TEE_IOC_MAGIC, TEE_IOC_RSTMEM_BASE + 0, \
				      struct tee_ioctl_rstmem_query)

/**
 * struct tee_ioctl_rstmem_fd_info - argument of TEE_IOC_RSTMEM_FD_INFO
 * @fd:		in: descriptor of a dma-buf
 * @size:	out: bytes
 * @flags:	in: must be 0; out: flags in force
 * @use_case:	out: TEE_IOC_UC_*
 * @device:	out: N of the /dev/teeN it was allocated from, -1 when that is
 *		gone
 * @pad:	in: must be 0; out: 0
 */
struct tee_ioctl_rstmem_fd_info {
	__s64 fd;
	__u64 size;
	__u32 flags;
	__u32 use_case;
	__s32 device;
	__u32 pad;
};

#define TEE_IOC_RSTMEM_FD_INFO_SIZE_VER0	32

/*
 * Describes a buffer of restricted memory of any TEE device; which one it is
 * asked does not matter. The structure may grow like that of
 * TEE_IOC_RSTMEM_QUERY. Errors: EBADF when fd is not an open descriptor, EINVAL
 * when it is not a dma-buf and for non-zero flags or pad, EOPNOTSUPP when the
 * dma-buf is not restricted memory, E2BIG, ENODEV and EFAULT as above.
 */
#define TEE_IOC_RSTMEM_FD_INFO	_IOWR(TEE_IOC_MAGIC, TEE_IOC_RSTMEM_BASE + 1, \
				      struct tee_ioctl_rstmem_fd_info)

#endif /* _UAPI_LINUX_TEE_RSTMEM_H */
