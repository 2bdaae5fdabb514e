/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * librstmem: restricted memory from a TEE device or a dma-heap, for programs.
 *
 *	struct rstmem *dev;
 *	struct rstmem_buffer buf;
 *	int ret;
 *
 *	ret = rstmem_open(NULL, &dev);
 *	if (ret)
 *		errx(1, "%s", rstmem_explain(ret));
 *	ret = rstmem_alloc(dev, TEE_IOC_UC_SECURE_VIDEO_PLAY, 3 << 20, 0, &buf);
 *	if (ret)
 *		errx(1, "%s", rstmem_explain(ret));
 *	... buf.fd is a dma-buf, buf.id names it in commands to the TEE ...
 *	rstmem_buffer_close(&buf);
 *	rstmem_close(dev);
 *
 * Functions that can fail return 0 or a negative errno; errno itself is
 * undefined afterwards. Nothing is printed, there is no global state, and
 * every function may be called from several threads at once, on the same device
 * too, but for rstmem_close(). Sizes are bytes. Descriptors have FD_CLOEXEC set
 * and are never 0, 1 or 2, even in a program that was started with those closed.
 *
 * Structures that the library fills in are filled in whole. Their reserved
 * members are 0 today; later versions give them names.
 *
 * tee_rstmem(7) explains restricted memory and the ioctls below this library.
 * <linux/tee_rstmem.h> defines TEE_IOC_UC_* and TEE_RSTMEM_CAP_*.
 */
#ifndef RSTMEM_H
#define RSTMEM_H

#include <stddef.h>
#include <stdint.h>

#include <linux/tee_rstmem.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * An open device with restricted memory: a TEE device, one dma-heap for restricted
 * memory, or all of these heaps.
 *
 * Both lead to the same memory, but heaps know less. A buffer from a heap has no id,
 * since no TEE device is open on which an id could be used; rstmem_register() gives
 * it one. Heaps tell no figures. Each use case with a name has a heap; others have
 * none. Kernels from 6.18 on may have protected heaps of their own, without rstmem.
 * rstmem_alloc() allocates from these as well; rstmem_inspect() does not know their
 * buffers, and rstmem_register() leaves them to the kernel.
 */
struct rstmem;

/**
 * enum rstmem_via - how a device is reached
 * @RSTMEM_VIA_ANY:	either way, for rstmem_open_via()
 * @RSTMEM_VIA_TEE:	by a TEE device
 * @RSTMEM_VIA_HEAP:	by dma-heaps
 */
enum rstmem_via {
	RSTMEM_VIA_ANY = 0,
	RSTMEM_VIA_TEE = 1,
	RSTMEM_VIA_HEAP = 2,
};

/**
 * struct rstmem_usage - the memory behind a use case, at one moment
 * @granule:	bytes; sizes are rounded up to a multiple of it
 * @total:	bytes that are there now
 * @used:	bytes allocated
 * @largest_free: bytes of the largest buffer that would fit now
 * @buffers:	number of buffers alive
 * @caps:	TEE_RSTMEM_CAP_*; without TEE_RSTMEM_CAP_PROTECTED the device only
 *		imitates protection
 * @floor:	bytes that are always there; @total if the memory does not grow
 * @most:	bytes that may be there if the memory grows; @total if it does not
 */
struct rstmem_usage {
	uint64_t granule;
	uint64_t total;
	uint64_t used;
	uint64_t largest_free;
	uint32_t buffers;
	uint32_t caps;
	uint64_t floor;
	uint64_t most;
	uint64_t reserved[4];
};

/**
 * struct rstmem_buffer - a buffer of restricted memory
 * @fd:		its dma-buf, for the owner of this structure to close; -1 for none
 * @id:		above 0: names the buffer in rstmem_invoke() on sessions of the
 *		device it came from, as long as both are open; 0 for none, as
 *		from a heap
 * @size:	bytes, at least the size asked for
 * @flags:	flags in force
 * @use_case:	TEE_IOC_UC_*
 */
struct rstmem_buffer {
	int fd;
	int32_t id;
	uint64_t size;
	uint32_t flags;
	uint32_t use_case;
	uint64_t reserved[4];
};

/**
 * struct rstmem_registration - a registered buffer
 * @fd:		the registration, for the owner of this structure to close; no
 *		dma-buf; -1 for none
 * @id:		above 0: names the buffer in rstmem_invoke() on sessions of the device
 *		it was registered with, as long as both are open; 0 for none
 * @size:	bytes of the buffer
 * @flags:	flags in force
 */
struct rstmem_registration {
	int fd;
	int32_t id;
	uint64_t size;
	uint32_t flags;
	uint32_t reserved[9];
};

/* Bits that say which members of struct rstmem_info mean something. */
#define RSTMEM_INFO_SIZE	(1 << 0)
#define RSTMEM_INFO_USE_CASE	(1 << 1)
#define RSTMEM_INFO_FLAGS	(1 << 2)
#define RSTMEM_INFO_DEVICE	(1 << 3)	/* @device and @path */

/* Room for any path that rstmem_next_device() writes. */
#define RSTMEM_DEVICE_PATH_SIZE	32

/**
 * struct rstmem_info - the restricted memory behind a descriptor
 * @size:	bytes
 * @use_case:	TEE_IOC_UC_*
 * @flags:	flags in force
 * @device:	N of the /dev/teeN it was allocated from, also by way of a heap; -1
 *		when that is gone, or not known
 * @known:	RSTMEM_INFO_*; members that are not known are 0, @device -1
 * @path:	the path of the device, "" with @device -1
 */
struct rstmem_info {
	uint64_t size;
	uint32_t use_case;
	uint32_t flags;
	int32_t device;
	uint32_t known;
	char path[RSTMEM_DEVICE_PATH_SIZE];
	uint64_t reserved[4];
};

/**
 * rstmem_open() - open a device that has restricted memory
 * @path:	its node, a TEE device such as "/dev/tee0" or a dma-heap such as
 *		"/dev/dma_heap/protected,secure-video"; NULL for the first TEE
 *		device that has restricted memory, else all heaps
 * @dev:	set to the device, for rstmem_close(); to NULL on failure
 *
 * The library looks at the device behind the node, not at its name, and opens no
 * other device. (Without sysfs, a node must have its usual name.)
 *
 * The device stays open: a program may give up its permission afterwards. Heaps that
 * appear later are not seen.
 *
 * Return: 0, or
 *	-ENXIO		no TEE device and no heap has restricted memory (@path is
 *			NULL), or there is no device behind @path
 *	-EOPNOTSUPP	the TEE device or the heap at @path has no restricted memory
 *	-ENOTTY		@path is neither a TEE device nor a heap
 *	-ENODEV		the device's restricted memory is going away; no device is
 *			behind the heap at @path (which not all heaps tell, see
 *			rstmem_alloc())
 *	-EACCES		the caller may not open @path; with NULL: no device that it
 *			may open has any, but there are others
 *	-EMFILE, -ENFILE no file descriptor left
 *	-ENOMEM		no memory
 *	other errors of open(2)
 */
int rstmem_open(const char *path, struct rstmem **dev);

/**
 * rstmem_open_via() - open a device through one front end only
 * @path:	as for rstmem_open()
 * @via:	RSTMEM_VIA_TEE or RSTMEM_VIA_HEAP; RSTMEM_VIA_ANY is rstmem_open()
 * @dev:	as for rstmem_open()
 *
 * Programs that need ids insist on RSTMEM_VIA_TEE.
 *
 * Return: as rstmem_open(), and
 *	-EINVAL		@via is none of these
 *	-ENOTTY		also when @path is the other kind
 */
int rstmem_open_via(const char *path, enum rstmem_via via, struct rstmem **dev);

/**
 * rstmem_close() - close a device
 * @dev:	the device, or NULL
 *
 * Buffers allocated from the device stay until their descriptors are closed. Their
 * ids end, and so do the ids of buffers registered with the device.
 */
void rstmem_close(struct rstmem *dev);

/**
 * rstmem_via() - get the front end through which a device was opened
 * @dev:	the device
 *
 * Return: RSTMEM_VIA_TEE or RSTMEM_VIA_HEAP.
 */
enum rstmem_via rstmem_via(const struct rstmem *dev);

/**
 * rstmem_fd() - get the descriptor of a device, for ioctls of <linux/tee.h>, or of
 * <linux/dma-heap.h> if the device is a heap
 * @dev:	the device, which keeps owning the descriptor
 *
 * Return: the descriptor; -1 for heaps that were opened without a path.
 */
int rstmem_fd(const struct rstmem *dev);

/**
 * rstmem_path() - get the path of a device
 * @dev:	the device
 *
 * Return: a string that lives as long as @dev; for heaps that were opened without a
 * path it is their directory, "/dev/dma_heap".
 */
const char *rstmem_path(const struct rstmem *dev);

/**
 * rstmem_next_device() - walk over all TEE devices
 * @after:	number of the device before, -1 to begin
 * @path:	set to the path of the device, which need not have restricted memory
 * @size:	bytes at @path, RSTMEM_DEVICE_PATH_SIZE is enough
 *
 * Return: the device's number, 0 or above; -ENOENT when there is none after
 * @after; -ENOSPC when @path is too small.
 */
int rstmem_next_device(int after, char *path, size_t size);

/* Room for any path that rstmem_next_heap() writes. */
#define RSTMEM_HEAP_PATH_SIZE	64

/**
 * rstmem_next_heap() - walk over all protected dma-heaps
 * @after:	use case of the heap before, 0 or less to begin
 * @path:	set to the path of the heap; its TEE device may be gone
 * @size:	bytes at @path, RSTMEM_HEAP_PATH_SIZE is enough
 *
 * Return: the heap's use case, above 0; -ENOENT when there is none after @after;
 * -ENOSPC when @path is too small.
 */
int rstmem_next_heap(int after, char *path, size_t size);

/**
 * rstmem_use_cases() - get the use cases that a device offers
 * @dev:	the device; a heap offers its own use case
 * @use_cases:	set to a mask: bit N is set when use case N is offered
 *
 * Return: 0, or -ENODEV when the device's restricted memory is going away. Heaps
 * tell that in rstmem_alloc() only.
 */
int rstmem_use_cases(struct rstmem *dev, uint64_t *use_cases);

/**
 * rstmem_query() - get the state of the memory behind a use case
 * @dev:	the device
 * @use_case:	TEE_IOC_UC_*
 * @usage:	filled in; another process may change the figures a moment later
 *
 * Use cases that share memory each report all of it.
 *
 * Return: 0, -EINVAL when the device does not offer @use_case, -EOPNOTSUPP when it
 * is a heap, or -ENODEV.
 */
int rstmem_query(struct rstmem *dev, uint32_t use_case,
		 struct rstmem_usage *usage);

/* Room for any name of an account. */
#define RSTMEM_ACCOUNT_NAME_SIZE	48

/* No limit is set. */
#define RSTMEM_NO_LIMIT	UINT64_MAX

/**
 * struct rstmem_account - figures and limits of a use case of a device
 * @name:	its name in sysfs, for example "tee0,secure-video"
 * @device:	N of /dev/teeN
 * @use_case:	TEE_IOC_UC_*
 * @granule:	bytes; sizes are rounded up to a multiple of it
 * @total:	bytes of memory behind the use case now, which others may share; 0 when
 *		the device does not tell
 * @free:	bytes of @total that are free
 * @largest_free: bytes of the largest buffer that would fit now
 * @used:	bytes of the use case's buffers
 * @peak:	most that @used has ever been
 * @buffers:	number of its buffers
 * @max_user_bytes: bytes that a user may have of the memory, or RSTMEM_NO_LIMIT
 * @max_user_buffers: buffers that a user may have, the same
 * @max_buffer_bytes: bytes of the largest buffer, the same
 * @reserve:	bytes that only CAP_SYS_RESOURCE may use
 * @failed_no_memory: allocations refused because there was no room
 * @failed_limit: allocations refused because of a limit
 * @failed_backend: allocations refused for another reason of the device's
 * @failed_importer: mappings refused because the device is not an importer
 * @failed_reach: devices that could not map a buffer without a copy
 * @lost:	bytes of its freed buffers that could not be cleared; this memory is out
 *		of use; 0 from modules that do not tell
 * @floor:	bytes of memory that are always there
 * @most:	bytes of memory that may be there, above @floor if the memory grows
 * @out:	bytes that the kernel gave to memory that grows
 * @wanted:	bytes of the largest allocation that waits for growth
 * @poisoned:	bytes of @out that are out of use until reboot
 * @failed_steps: attempts to grow or to give memory back that failed
 *
 * Figures are read one after the other, but @peak is never below @used. Use cases
 * that share memory have the same @total, @free and limits: a limit holds for all of
 * them together.
 */
struct rstmem_account {
	char name[RSTMEM_ACCOUNT_NAME_SIZE];
	int32_t device;
	uint32_t use_case;
	uint64_t granule;
	uint64_t total;
	uint64_t free;
	uint64_t largest_free;
	uint64_t used;
	uint64_t peak;
	uint64_t buffers;
	uint64_t max_user_bytes;
	uint64_t max_user_buffers;
	uint64_t max_buffer_bytes;
	uint64_t reserve;
	uint64_t failed_no_memory;
	uint64_t failed_limit;
	uint64_t failed_backend;
	uint64_t failed_importer;
	uint64_t failed_reach;
	uint64_t lost;
	uint64_t floor;
	uint64_t most;
	uint64_t out;
	uint64_t wanted;
	uint64_t poisoned;
	uint64_t failed_steps;
	uint64_t reserved[2];
};

/**
 * rstmem_next_account() - walk over all accounts
 * @after:	number of the one before, -1 to begin
 * @account:	filled in; on failure all 0, except @device, which is -1
 *
 * Takes no permission and no open device. The order is by device and use case. A
 * number whose file the kernel does not have is 0, a limit RSTMEM_NO_LIMIT.
 *
 * Return: the account's number, 0 or above; -ENOENT when there is none after
 * @after, or no sysfs to ask; other errors of open(2).
 */
int rstmem_next_account(int after, struct rstmem_account *account);

/**
 * rstmem_account_of() - get the account that allocations are charged to
 * @dev:	an open device; for heaps, it is that of the first TEE device that
 *		offers @use_case
 * @use_case:	TEE_IOC_UC_*
 * @account:	as for rstmem_next_account()
 *
 * Tells a program what it may have, and the limits after -EDQUOT.
 *
 * Return: 0, -EINVAL when the device does not offer @use_case, -ENOENT when it is
 * not known, as for heaps of the kernel's own, -ENODEV, or other errors of open(2).
 */
int rstmem_account_of(struct rstmem *dev, uint32_t use_case,
		      struct rstmem_account *account);

/* Room for any list that rstmem_account_importers() writes. */
#define RSTMEM_IMPORTERS_SIZE	4096

/**
 * rstmem_account_importers() - get the devices that may map an account's buffers
 * @account:	from one of the functions above
 * @text:	set to the list, see tee_rstmem(7): "any", "none", or
 *		"driver:GLOB" and the like with spaces between them
 * @size:	bytes at @text, RSTMEM_IMPORTERS_SIZE is enough
 *
 * Return: 0; -ENOENT when there is no such account any more; -ENOSPC when @text is
 * too small; other errors of open(2).
 */
int rstmem_account_importers(const struct rstmem_account *account, char *text,
			     size_t size);

/**
 * rstmem_alloc() - allocate a buffer
 * @dev:	the device; rstmem's own heaps take it from the first TEE device that
 *		offers @use_case
 * @use_case:	TEE_IOC_UC_*
 * @size:	bytes, not 0; rounded up to the granule of the use case
 * @flags:	0; none is defined
 * @buf:	filled in, for rstmem_buffer_close(); on failure it has no
 *		descriptor and closing it does nothing
 *
 * Return: 0, or
 *	-EINVAL		@use_case is not offered, @flags is not 0, or @size is 0 or
 *			more than any memory could have; a heap of the kernel's own
 *			that has no TEE device any more
 *	-ENOMEM		no room for the buffer now; @largest_free of
 *			rstmem_query() is the largest that fits
 *	-EDQUOT		a limit set by the administrator is exceeded
 *	-ENODEV		the device's restricted memory is going away, or there is
 *			none behind the heap any more
 *	-EACCES		@dev are heaps opened without a path, and not the one of
 *			@use_case, which the caller may not open
 *	-EMFILE, -ENFILE no file descriptor left
 *	-EIO		the backend misbehaves; the kernel log says how
 */
int rstmem_alloc(struct rstmem *dev, uint32_t use_case, uint64_t size,
		 uint32_t flags, struct rstmem_buffer *buf);

/**
 * rstmem_buffer_close() - close a buffer's descriptor
 * @buf:	the buffer, one without a descriptor (a structure that is all 0 has
 *		none either), or NULL; left without descriptor and id
 *
 * The memory is free when no other descriptor of the dma-buf, no registration of it
 * and no running TEE call with its id is left. A program that has
 * passed @buf->fd's ownership elsewhere does not call this.
 */
void rstmem_buffer_close(struct rstmem_buffer *buf);

/**
 * rstmem_register() - get an id for a buffer from another process or a heap
 * @dev:	the TEE device, the one that the buffer was allocated from
 * @fd:		descriptor of the dma-buf, which stays the caller's
 * @flags:	0; none is defined
 * @reg:	filled in, for rstmem_unregister(); on failure it has no descriptor
 *		and undoing it does nothing
 *
 * A buffer has an id only on the open device that it was allocated with. A program
 * that got the dma-buf from another process or a heap gets an id with this. The
 * registration keeps the memory, also when all descriptors of the dma-buf are closed,
 * until it is undone or @dev is closed.
 *
 * Return: 0, or
 *	-EBADF		@fd is not an open descriptor
 *	-EINVAL		@fd is not a dma-buf, or @flags is not 0
 *	-EXDEV		restricted memory of another TEE device
 *	-EOPNOTSUPP	@fd is a dma-buf, but not restricted memory (kernels that
 *			have the command themselves, 6.18 and later, decide about
 *			these on their own); or @dev is a heap
 *	-ENODEV		the device's restricted memory is going away
 *	-ENOMEM, -EMFILE, -ENFILE as above
 */
int rstmem_register(struct rstmem *dev, int fd, uint32_t flags,
		    struct rstmem_registration *reg);

/**
 * rstmem_unregister() - end a registration and its id
 * @reg:	the registration, one without a descriptor (as for
 *		rstmem_buffer_close()), or NULL; left without descriptor and id
 */
void rstmem_unregister(struct rstmem_registration *reg);

/**
 * struct rstmem_shm - shared memory: normal memory that a program and the TEE can reach
 * @fd:		descriptor that keeps it, for rstmem_shm_free(); -1 for none
 * @id:		above 0: names the memory in rstmem_invoke() on sessions of the device
 *		it came from, as long as both are open; 0 for none
 * @size:	bytes
 * @addr:	where the program has it
 * @mapped:	1 when the library mapped it
 */
struct rstmem_shm {
	int fd;
	int32_t id;
	uint64_t size;
	void *addr;
	uint32_t mapped;
	uint32_t reserved[7];
};

/**
 * rstmem_shm_alloc() - allocate shared memory
 * @dev:	the TEE device
 * @size:	bytes, not 0; rounded up to whole pages
 * @shm:	filled in, for rstmem_shm_free(); on failure it has no descriptor and
 *		freeing it does nothing
 *
 * Many drivers cannot allocate more than 4 MiB at once. rstmem_shm_register() has no
 * such limit.
 *
 * Return: 0, or
 *	-EINVAL		@size is 0
 *	-ENOMEM		no memory of that size
 *	-EOPNOTSUPP	@dev is a heap
 *	-ENODEV, -EMFILE, -ENFILE as above
 */
int rstmem_shm_alloc(struct rstmem *dev, uint64_t size, struct rstmem_shm *shm);

/**
 * rstmem_shm_register() - let the TEE reach memory of the program
 * @dev:	the TEE device
 * @addr:	the memory, anywhere in a page
 * @size:	bytes, not 0
 * @shm:	as for rstmem_shm_alloc()
 *
 * The memory stays the program's, which frees it after rstmem_shm_free().
 *
 * Return: 0, or
 *	-EFAULT		there is no memory there, or the program may not write to it
 *	-EINVAL		@size is 0
 *	-EOPNOTSUPP	@dev is a heap
 *	-ENODEV, -ENOMEM, -EMFILE, -ENFILE as above
 */
int rstmem_shm_register(struct rstmem *dev, void *addr, uint64_t size,
			struct rstmem_shm *shm);

/**
 * rstmem_shm_free() - free or unregister shared memory
 * @shm:	the memory, one without a descriptor (as for rstmem_buffer_close()), or
 *		NULL; left without descriptor, id and address
 */
void rstmem_shm_free(struct rstmem_shm *shm);

/**
 * struct rstmem_session - a session with a service of the TEE, a trusted application
 * @tee:	the rstmem_fd() of its device, which stays the device's; -1 for none
 * @id:		the number of the session there
 */
struct rstmem_session {
	int tee;
	uint32_t id;
	uint64_t reserved[4];
};

/**
 * struct rstmem_result - the answer of a TEE
 * @code:	TEEC_SUCCESS, TEEC_ERROR_* of <tee_gp.h>, or a number of the service
 * @origin:	TEEC_ORIGIN_*: the service answers, or a part on the way to it
 *
 * Both are 0 when there is no answer.
 */
struct rstmem_result {
	uint32_t code;
	uint32_t origin;
};

/**
 * rstmem_session_open() - open a session
 * @dev:	the TEE device
 * @uuid:	the service; <linux/tee_rstmem_services.h> has some
 * @session:	filled in, for rstmem_session_close(); on failure it has no device and
 *		closing it does nothing
 * @result:	set to the answer of the TEE, or NULL
 *
 * The caller logs in as TEE_IOCTL_LOGIN_PUBLIC.
 *
 * Return: 0, or
 *	-EREMOTEIO	the TEE refuses; @result says why
 *	-EOPNOTSUPP	@dev is a heap
 *	-ENODEV, -ENOMEM, other errors of the TEE's driver
 */
int rstmem_session_open(struct rstmem *dev, const uint8_t uuid[16],
			struct rstmem_session *session,
			struct rstmem_result *result);

/**
 * rstmem_session_close() - close a session
 * @session:	the session, one without a device (a structure that is all 0 has none
 *		either), or NULL; left without device
 *
 * Before rstmem_close(), which closes the sessions of the device.
 */
void rstmem_session_close(struct rstmem_session *session);

/* Types of parameters: for the service to read, to write, or both. */
#define RSTMEM_NONE		0
#define RSTMEM_VALUE_IN		1
#define RSTMEM_VALUE_OUT	2
#define RSTMEM_VALUE_INOUT	3
#define RSTMEM_MEMREF_IN	5
#define RSTMEM_MEMREF_OUT	6
#define RSTMEM_MEMREF_INOUT	7

/* The @id of a reference to no memory. */
#define RSTMEM_NULL	(-1)

/* Parameters that a command may have. */
#define RSTMEM_PARAMS	4

/**
 * struct rstmem_param - a parameter of a command
 * @type:	RSTMEM_VALUE_*, RSTMEM_MEMREF_* or RSTMEM_NONE
 * @id:		of a reference: the id of a buffer, a registration or shared memory, or
 *		RSTMEM_NULL
 * @offset:	of a reference: its first byte
 * @size:	of a reference: its bytes; set to the bytes that the service wrote, or
 *		would need
 * @a:		of a value; most TEEs carry 32 bits
 * @b:		of a value, the same
 */
struct rstmem_param {
	uint32_t type;
	int32_t id;
	uint64_t offset;
	uint64_t size;
	uint64_t a;
	uint64_t b;
};

/**
 * rstmem_invoke() - have a service run a command
 * @session:	the session
 * @command:	number of the command, one of the service's
 * @params:	the parameters; sizes and values of outputs are updated when the TEE
 *		answers, also when it refuses
 * @count:	number of them, at most RSTMEM_PARAMS; the others are RSTMEM_NONE
 * @result:	set to the answer of the TEE, or NULL
 *
 * Returns when the command has ended. Buffers and shared memory may be closed
 * meanwhile: a call keeps what it got.
 *
 * Return: 0, or
 *	-EREMOTEIO	the TEE or the service refuses; @result says why
 *	-EINVAL		an @id that is none or has ended, a range that is not within
 *			the memory, an unknown type, too many parameters, or a
 *			session that is closed
 *	-EINTR		a signal ended the call; the service may have run a part of it
 *	-ENODEV, -ENOMEM, other errors of the TEE's driver
 */
int rstmem_invoke(struct rstmem_session *session, uint32_t command,
		  struct rstmem_param *params, size_t count,
		  struct rstmem_result *result);

/**
 * rstmem_inspect() - describe a descriptor
 * @fd:		any number
 * @info:	filled in; on failure nothing in it is known
 *
 * Asks the first TEE device with restricted memory that the caller may open. If
 * there is none, /proc/self/fdinfo tells size and use case.
 *
 * Return: 0 when it is restricted memory, or
 *	-EBADF		@fd is not an open descriptor
 *	-EINVAL		@fd is not a dma-buf
 *	-EOPNOTSUPP	@fd is a dma-buf, but not restricted memory that rstmem knows
 *	-ENXIO		there was no TEE device to ask, and no /proc
 *	-EMFILE, -ENFILE no file descriptor left
 */
int rstmem_inspect(int fd, struct rstmem_info *info);

/**
 * rstmem_inspect_process() - describe a descriptor of another process
 * @pid:	the process
 * @fd:		its descriptor, any number
 * @info:	as for rstmem_inspect()
 *
 * Takes the permission to attach to the process with ptrace(2); where that is
 * refused but reading its /proc is not, that tells size and use case.
 *
 * Return: as rstmem_inspect(), and
 *	-ESRCH		there is no such process
 *	-EPERM		the caller may not look into it
 */
int rstmem_inspect_process(int pid, int fd, struct rstmem_info *info);

/* Room for any name that rstmem_use_case_name() writes. */
#define RSTMEM_USE_CASE_NAME_SIZE	32

/**
 * rstmem_use_case_name() - get the name of a use case
 * @use_case:	any number
 * @name:	set to the name: "secure-video", "trusted-ui",
 *		"secure-video-record"; a decimal number for any other
 * @size:	bytes at @name, RSTMEM_USE_CASE_NAME_SIZE is enough
 *
 * Return: 0, or -ENOSPC when @name is too small.
 */
int rstmem_use_case_name(uint32_t use_case, char *name, size_t size);

/**
 * rstmem_use_case_parse() - get the use case of a name
 * @name:	a name as rstmem_use_case_name() writes it, or a decimal number
 * @use_case:	set to it on success
 *
 * Return: 0, or -EINVAL when @name is no name, not a number, or a number that no
 * device can offer (0, and above TEE_IOC_UC_MAX).
 */
int rstmem_use_case_parse(const char *name, uint32_t *use_case);

/**
 * rstmem_explain() - explain an error and the next step
 * @error:	the result of a function above, or an errno, of either sign
 *
 * Return: one line in English without a full stop, in static memory, never NULL.
 */
const char *rstmem_explain(int error);

/**
 * rstmem_explain_result() - explain the answer of a TEE
 * @code:	of struct rstmem_result
 *
 * Return: a line like those of rstmem_explain(), which begins with the name of @code if
 * the GlobalPlatform specification has one for it.
 */
const char *rstmem_explain_result(uint32_t code);

/**
 * rstmem_version() - get the version of the library, such as "0.3.0"
 */
const char *rstmem_version(void);

#ifdef __cplusplus
}
#endif

#endif /* RSTMEM_H */
