/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * Restricted memory of a TEE device: the interface of kernel and user space.
 *
 * Restricted memory lies behind a hardware firewall. A trusted execution
 * environment and the devices that a use case permits can reach it. The kernel
 * and its programs cannot. User space allocates restricted memory from a TEE
 * device and gets a dma-buf:
 *
 *	struct tee_ioctl_rstmem_alloc_data data = {
 *		.size = 3 << 20,
 *		.use_case = TEE_IOC_UC_SECURE_VIDEO_PLAY,
 *	};
 *	int tee = open("/dev/tee0", O_RDWR | O_CLOEXEC);
 *	int buf = ioctl(tee, TEE_IOC_RSTMEM_ALLOC, &data);
 *
 * The return value is a dma-buf file descriptor with O_CLOEXEC set. data.size
 * is now the allocated size, rounded up to the granule of the use case.
 * data.flags are the flags in force. data.id names the buffer in memory
 * reference parameters (struct tee_ioctl_param, member c) of TEE_IOC_INVOKE
 * and TEE_IOC_OPEN_SESSION. It is valid only on the same open file.
 *
 * Lifetime. The memory stays in use until the last reference to the dma-buf is
 * gone, no registration of it is open (see TEE_IOC_SHM_REGISTER_FD), and no TEE
 * call that got one of its ids is running. The id of an allocation ends with the
 * dma-buf or with the open TEE file, whichever goes first. An id that ended is
 * invalid at once. Calls that already run with it go on. Closing the TEE file
 * does not close dma-bufs.
 *
 * The CPU cannot access the dma-buf: mmap() fails, and DMA_BUF_IOCTL_SYNC does
 * nothing. The dma-buf can be passed to other processes and imported by devices.
 * Another process gets an id of its own with TEE_IOC_SHM_REGISTER_FD.
 * TEE_IOC_RSTMEM_FD_INFO describes a descriptor, and so does /proc/PID/fdinfo:
 * exp_name is "rstmem," and the name or number of the use case, for example
 * "rstmem,secure-video".
 *
 * The dma-heaps "protected,secure-video", "protected,trusted-ui" and
 * "protected,secure-video-record" below /dev/dma_heap offer the same buffers
 * without a TEE device (<linux/dma-heap.h>). Each exists if some TEE device
 * offers its use case. A buffer from a heap has no id until it is registered.
 *
 * Errors of TEE_IOC_RSTMEM_ALLOC, with errno set and nothing allocated:
 *
 *	EINVAL		use_case is reserved, or the device does not offer it;
 *			a flag is unknown; pad is not 0; size is 0, overflows
 *			when rounded, or exceeds the physical address space;
 *			the TEE device never had restricted memory
 *	ENOMEM		the pool has no room for the buffer, or the kernel has no
 *			memory to describe it
 *	ETIMEDOUT	the memory can grow, but did not grow in time
 *	EINTR		a fatal signal came while the process waited for memory
 *	EDQUOT		the allocation would exceed a limit of the administrator
 *	ENODEV		the device's restricted memory is going away or gone
 *	EOPNOTSUPP	the device's driver offers no use case
 *	EMFILE, ENFILE	no file descriptor is left
 *	EFAULT		the pointer is bad
 *	EIO		the device's driver misbehaves; the kernel log says how
 *
 * Every structure here has the same layout in 32-bit and 64-bit programs.
 */
#ifndef _UAPI_LINUX_TEE_RSTMEM_H
#define _UAPI_LINUX_TEE_RSTMEM_H

#include <linux/ioctl.h>
#include <linux/tee.h>
#include <linux/types.h>

#ifndef TEE_GEN_CAP_OBJREF
/*
 * Before 6.17, gen_caps of TEE_IOC_VERSION has this bit if the device has
 * restricted memory. Since 6.17 the bit is TEE_GEN_CAP_OBJREF. Use
 * TEE_IOC_RSTMEM_QUERY, which works on every kernel.
 */
#define TEE_GEN_CAP_RSTMEM	(1 << 4)
#endif

/* Use cases: the purpose of a buffer decides which devices may reach it. */
#define TEE_IOC_UC_RESERVED		0	/* refused */
#define TEE_IOC_UC_SECURE_VIDEO_PLAY	1
#define TEE_IOC_UC_TRUSTED_UI		2
#define TEE_IOC_UC_SECURE_VIDEO_RECORD	3
/* A device may offer other numbers, from 4 to TEE_IOC_UC_MAX. */
#define TEE_IOC_UC_MAX			63

/**
 * struct tee_ioctl_rstmem_alloc_data - argument of TEE_IOC_RSTMEM_ALLOC
 * @size:	in: bytes wanted, not 0; out: bytes allocated
 * @flags:	in: must be 0, no flag is defined; out: flags in force
 * @use_case:	in: TEE_IOC_UC_*, not TEE_IOC_UC_RESERVED
 * @id:		out: identifies the buffer in this open TEE file, above 0
 * @pad:	in: must be 0
 *
 * 24 bytes in every ABI. The kernel writes it back on success only, before it
 * installs the descriptor.
 */
struct tee_ioctl_rstmem_alloc_data {
	__u64 size;
	__u32 flags;
	__u32 use_case;
	__s32 id;
	__u32 pad;
};

/*
 * Allocates restricted memory; see the top of this file. TEE_IOC_OBJECT_INVOKE
 * (6.17 and later) has the same number but another command code.
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
 * <linux/tee.h> has the same structure since 6.18.
 */
struct tee_ioctl_shm_register_fd_data {
	__s64 fd;
	__u64 size;
	__u32 flags;
	__s32 id;
};

/*
 * Gives a buffer of restricted memory an id in this open TEE file. Any process
 * may have allocated the buffer. Returns a descriptor that stands for the
 * registration, with O_CLOEXEC set; close() is its only operation. The id ends
 * when this descriptor or the TEE file is closed, whichever goes first. Until
 * then the memory stays allocated, even after the dma-buf is closed.
 *
 * Errors, with nothing registered:
 *
 *	EBADF		fd is not an open descriptor; all 64 bits count
 *	EINVAL		fd is not a dma-buf, or flags are not 0
 *	EXDEV		the dma-buf is restricted memory of another TEE device
 *	EOPNOTSUPP	the dma-buf is not restricted memory. Kernels that have
 *			this command themselves (6.18 and later) handle such
 *			dma-bufs and may return other errors
 *	ENODEV		the device's restricted memory is going away
 *	ENOMEM, EMFILE, ENFILE, EFAULT	as for TEE_IOC_RSTMEM_ALLOC
 *
 * The number and the structure are mainline's.
 */
#define TEE_IOC_SHM_REGISTER_FD	_IOWR(TEE_IOC_MAGIC, TEE_IOC_BASE + 8, \
				      struct tee_ioctl_shm_register_fd_data)
#endif

/* Numbers from here up are the project's own. */
#define TEE_IOC_RSTMEM_BASE	(TEE_IOC_BASE + 0x40)

/*
 * The backend, the driver that provides the memory, clears a freed buffer before it
 * uses the memory again.
 */
#define TEE_RSTMEM_CAP_SCRUBS		(1 << 0)
/*
 * Hardware outside the kernel's control keeps the CPU out. Without this bit the
 * device only imitates protection, for development.
 */
#define TEE_RSTMEM_CAP_PROTECTED	(1 << 1)
/*
 * The kernel keeps its mapping of memory that a pool takes when it grows. The
 * protection holds although this mapping exists.
 */
#define TEE_RSTMEM_CAP_KEEPS_MAPPING	(1 << 2)

/**
 * struct tee_ioctl_rstmem_query - argument of TEE_IOC_RSTMEM_QUERY
 * @use_case:	in: a use case, or TEE_IOC_UC_RESERVED for the whole device:
 *		then only @use_cases is set
 * @flags:	in: must be 0
 * @use_cases:	out: bit N is set if the device offers use case N
 * @granule:	out: bytes; sizes are rounded up to a multiple of it
 * @total:	out: bytes of memory behind the use case now
 * @used:	out: allocated bytes of it
 * @largest_free: out: bytes of the largest buffer that fits now, without growth
 * @buffers:	out: number of buffers that live or whose memory was lost
 * @caps:	out: TEE_RSTMEM_CAP_*
 * @floor:	out: bytes of memory that are always there
 * @most:	out: bytes of memory that may be there if it can grow
 *
 * A pool that can grow has a floor, and takes more memory from the kernel when
 * buffers need it. Otherwise @floor and @most equal @total. If use cases share
 * memory, each of them reports all of it. The figures are a snapshot. Another
 * process may allocate a moment later.
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
	__u64 floor;
	__u64 most;
};

#define TEE_IOC_RSTMEM_QUERY_SIZE_VER0	56
#define TEE_IOC_RSTMEM_QUERY_SIZE_VER1	72	/* with floor and most */

/*
 * Describes what the device offers. The structure may grow at its end. A program
 * may know a larger structure than the kernel: the additional part must be 0
 * (E2BIG otherwise) and comes back as 0. A program may know a smaller structure,
 * down to TEE_IOC_RSTMEM_QUERY_SIZE_VER0: the kernel fills in that part. Other
 * errors: EINVAL if the device does not offer the use case or flags are not 0;
 * ENODEV, EOPNOTSUPP and EFAULT as for TEE_IOC_RSTMEM_ALLOC.
 */
#define TEE_IOC_RSTMEM_QUERY	_IOWR(TEE_IOC_MAGIC, TEE_IOC_RSTMEM_BASE + 0, \
				      struct tee_ioctl_rstmem_query)

/**
 * struct tee_ioctl_rstmem_fd_info - argument of TEE_IOC_RSTMEM_FD_INFO
 * @fd:		in: descriptor of a dma-buf
 * @size:	out: bytes
 * @flags:	in: must be 0; out: flags in force
 * @use_case:	out: TEE_IOC_UC_*
 * @device:	out: N of the /dev/teeN that the buffer came from, -1 if that or
 *		its backend is gone
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
 * Describes a buffer of restricted memory. Every TEE device with restricted
 * memory describes the buffers of all such devices. The structure may grow like
 * that of TEE_IOC_RSTMEM_QUERY. Errors: EBADF if fd is not an open descriptor;
 * EINVAL if fd is not a dma-buf, or flags or pad are not 0; EOPNOTSUPP if the
 * dma-buf is not restricted memory; E2BIG as for TEE_IOC_RSTMEM_QUERY; ENODEV
 * and EFAULT as for TEE_IOC_RSTMEM_ALLOC.
 */
#define TEE_IOC_RSTMEM_FD_INFO	_IOWR(TEE_IOC_MAGIC, TEE_IOC_RSTMEM_BASE + 1, \
				      struct tee_ioctl_rstmem_fd_info)

#endif /* _UAPI_LINUX_TEE_RSTMEM_H */
