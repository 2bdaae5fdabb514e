/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Restricted memory inside the kernel. A TEE driver that offers it (a backend) calls
 * these functions, and so do drivers that allocate or recognise it. Guides are in
 * docs/backend.md for authors of backends, and in
 * docs/importers.md for other drivers.
 */
#ifndef _LINUX_TEE_RSTMEM_H
#define _LINUX_TEE_RSTMEM_H

#include <linux/bits.h>
#include <linux/tee_core.h>
#include <linux/types.h>
#include <uapi/linux/tee_rstmem.h>

struct dma_buf;
struct module;
struct tee_rstmem_device;
struct tee_rstmem_pool;

#ifndef TEE_SHM_RESTRICTED
/*
 * A flag of struct tee_shm: the memory is restricted. The proposal "tee: add restricted
 * memory allocation" used BIT(4), which is TEE_SHM_DMA_BUF since 6.18. The stock core
 * numbers its flags from bit 0 upward, so this flag is the top bit.
 */
#define TEE_SHM_RESTRICTED	BIT(31)
#endif

/**
 * struct tee_rstmem_usage - the state of the memory behind a use case
 * @granule:	bytes, a power of two, at least PAGE_SIZE
 * @floor:	bytes that are always there
 * @total:	bytes that are there now
 * @most:	bytes that may be there if memory can grow. 0 if it never grows: then the
 *		core sets @floor and @most to @total
 * @used:	bytes allocated
 * @largest_free: bytes of the largest buffer that would fit without growth
 * @buffers:	number of buffers that live or whose memory was lost
 * @caps:	TEE_RSTMEM_CAP_*
 */
struct tee_rstmem_usage {
	u64 granule;
	u64 floor;
	u64 total;
	u64 most;
	u64 used;
	u64 largest_free;
	u32 buffers;
	u32 caps;
};

/**
 * struct tee_rstmem_ops - what a backend does
 * @owner:	module of the backend; pinned while a buffer of it lives
 * @rstmem_alloc: allocate. @size is not 0 and a multiple of the granule that
 *		@rstmem_query reports, or of PAGE_SIZE without one. @flags are 0 and
 *		@use_case is registered. On success it sets @shm->size to @size, and
 *		either @shm->paddr (one contiguous range) or @shm->pages and
 *		@shm->num_pages, and returns 0. Addresses and sizes are multiples of
 *		PAGE_SIZE. If @shm has other values after a success, the core calls
 *		@rstmem_free, and the allocation fails with -EIO.
 *		On failure it returns -errno and nothing is allocated; the core does
 *		not look at @shm then and does not call @rstmem_free. Errors reach
 *		user space unchanged, for example -ENOMEM when there is no room.
 *		But -EAGAIN means that there may be room soon: the core waits for
 *		tee_rstmem_room_changed(), and calls again.
 *		Required.
 * @rstmem_free: give back the memory in @shm, and free the array @shm->pages.
 *		If the backend says that it scrubs, contents are cleared when this
 *		returns 0. Any other value: the memory could not be cleared and is
 *		lost. The backend then leaves @shm as it is and does not give it back
 *		to its pool. If a pool of the core still has the memory after a success,
 *		or after an error of @rstmem_alloc, the backend is wrong, and the memory
 *		is lost as well. The buffer, the device and the module stay until reboot,
 *		and @release is not called. May be called after tee_rstmem_unregister(), until
 *		@release. Called once for each success of @rstmem_alloc. Required.
 * @rstmem_query: fill in @usage, which comes zeroed. It cannot fail: a figure that
 *		the backend does not know stays 0. Sizes are rounded and limits checked
 *		with the figures from the device's registration. Optional.
 * @rstmem_elastic: get the elastic pool of @use_case, or NULL without one. Read once,
 *		when the device registers. sysfs shows the pool, and a freed buffer wakes
 *		allocations that wait for it. Optional for a backend without elastic pools.
 * @release:	the last call: no buffer is left and no other op will follow. Frees
 *		the data that tee_rstmem_register() was given, pools included.
 *		The caller is tee_rstmem_unregister() or tee_rstmem_detach(), or later
 *		the task that drops the last reference. Not called if registering
 *		failed. Optional.
 *
 * The core owns @shm: it allocates and frees the structure. The backend keeps no pointer
 * to it after @rstmem_free returned 0.
 *
 * @ctx is the core's own context for the device, never opened and without
 * sessions: a buffer outlives the context of the process that asked for it. @ctx
 * is the same in all calls. @ctx->data is the data that tee_rstmem_register() was given.
 * @ctx->teedev is valid up to @release. The core calls the ops with no lock held, from
 * process context, several at a time. Registering is an exception: it calls
 * @rstmem_query and @rstmem_elastic under a mutex.
 */
struct tee_rstmem_ops {
	struct module *owner;
	int (*rstmem_alloc)(struct tee_context *ctx, struct tee_shm *shm,
			    u32 flags, u32 use_case, size_t size);
	int (*rstmem_free)(struct tee_context *ctx, struct tee_shm *shm);
	void (*rstmem_query)(struct tee_context *ctx, u32 use_case,
			     struct tee_rstmem_usage *usage);
	struct tee_rstmem_pool *(*rstmem_elastic)(struct tee_context *ctx,
						  u32 use_case);
	void (*release)(struct tee_context *ctx);
};

/**
 * struct tee_rstmem_desc - what a backend offers
 * @ops:	what the backend does; must stay valid until the release op has returned, as
 *		a static structure does
 * @use_cases:	bit N: use case N is offered; bit TEE_IOC_UC_RESERVED is clear;
 *		0 makes allocations fail with -EOPNOTSUPP
 * @shared:	all use cases take from the same memory, and so share their limits
 * @free_later:	@rstmem_free takes long: the core calls it from a work queue, one call at
 *		a time, and allocations that have no room wait. Once removal has begun,
 *		the task that drops a buffer calls it
 * @importers:	list of devices that may import, in the format of the file "importers" in
 *		sysfs, or NULL for any; in force before any device can import. See
 *		tee_rstmem(7)
 *
 * Used during the call only, except for @ops.
 */
struct tee_rstmem_desc {
	const struct tee_rstmem_ops *ops;
	u64 use_cases;
	bool shared;
	bool free_later;
	const char *importers;
};

/*
 * Backends with a TEE device of their own: register between tee_device_alloc() and
 * tee_device_register(); unregister instead of tee_device_unregister(), also if
 * tee_device_register() failed. If tee_rstmem_register() fails, it returns ERR_PTR, and
 * the caller still owns @data and @teedev. The caller then frees @data and calls
 * tee_device_unregister(). After a success, the release op frees @data.
 *
 * The device's struct tee_driver_ops needs get_version, open and release, or
 * tee_device_alloc() fails with -EINVAL. It needs open_session, too: without it the TEE
 * core refuses TEE_IOC_OPEN_SESSION with -EINVAL before it looks up an id, so ids name
 * nothing, and the check id.sessions of rstmem-conform(1) fails. open_session returns 0
 * with the TEE's result in @arg->ret if the TEE answered, and -errno otherwise. A TEE
 * that can open a session needs close_session and invoke_func as well.
 */
struct tee_rstmem_device *
tee_rstmem_register(struct tee_device *teedev, const struct tee_rstmem_desc *desc,
		    void *data);
void tee_rstmem_unregister(struct tee_rstmem_device *rdev);

/*
 * Backends of another driver's TEE device, which is registered already and has the ops
 * above. On failure the caller keeps @data, as above.
 */
struct tee_rstmem_device *
tee_rstmem_attach(struct tee_device *teedev, const struct tee_rstmem_desc *desc,
		  void *data);
void tee_rstmem_detach(struct tee_rstmem_device *rdev);

void tee_rstmem_room_changed(void);

int tee_rstmem_set_importers(struct tee_rstmem_device *rdev, u32 use_case,
			     const char *list);

/**
 * struct tee_rstmem_pool_ops - a source of physical memory for a backend
 * @alloc:	as &tee_rstmem_ops.rstmem_alloc; -EINVAL when @size is not whole granules,
 *		-ENOMEM when there is no room, -EAGAIN when there may be room soon. A
 *		failure changes nothing
 * @free:	give back the memory in @shm; cannot fail
 * @usage:	fill in all but caps; cannot fail
 * @destroy_pool: free the pool and end its claim; nothing allocated from it may be left
 *
 * @shm is one that the core passed to an op of struct tee_rstmem_ops. All but
 * @destroy_pool may be called from several threads at once.
 */
struct tee_rstmem_pool_ops {
	int (*alloc)(struct tee_rstmem_pool *pool, struct tee_shm *shm,
		     size_t size);
	void (*free)(struct tee_rstmem_pool *pool, struct tee_shm *shm);
	void (*usage)(struct tee_rstmem_pool *pool,
		      struct tee_rstmem_usage *usage);
	void (*destroy_pool)(struct tee_rstmem_pool *pool);
};

/**
 * struct tee_rstmem_pool - a pool, embedded in the structure of its implementation
 * @ops:	operations
 */
struct tee_rstmem_pool {
	const struct tee_rstmem_pool_ops *ops;
};

/*
 * Claims the range in /proc/iomem, exclusively, until tee_rstmem_pool_free(). The caller
 * must not claim the range, or this fails with -EBUSY. Maps nothing and clears nothing.
 */
struct tee_rstmem_pool *tee_rstmem_carveout_create(phys_addr_t paddr, u64 size,
						   u64 granule);

/**
 * tee_rstmem_gen_pool_alloc() - make a pool of a carveout, granule PAGE_SIZE
 * @paddr:	physical address of its first byte
 * @size:	bytes
 *
 * This is the proposal's name for tee_rstmem_carveout_create().
 *
 * Return: as tee_rstmem_carveout_create().
 */
static inline struct tee_rstmem_pool *
tee_rstmem_gen_pool_alloc(phys_addr_t paddr, size_t size)
{
	return tee_rstmem_carveout_create(paddr, size, PAGE_SIZE);
}

/**
 * struct tee_rstmem_lend_ops - a backend's part in an elastic pool
 * @adopt:	make sure that a range is not protected and has no restricted contents. The
 *		range is not RAM of this kernel, so an earlier kernel may have lent it
 *		before a kexec. Must not read or write memory that may be protected. After
 *		a failure the range stays out of use until reboot
 * @lend:	protect a range that the kernel does not use and that is claimed. On
 *		success the contents are cleared, and the CPU cannot read them.
 *		-ENOTRECOVERABLE when the state of the range is unknown: it stays out of
 *		use until reboot. Any other -errno: the range is not protected
 * @reclaim:	clear a range and end its protection; nothing is allocated in it, and no
 *		device has a translation to it. After a failure the range stays out of use
 *		until reboot
 *
 * @start and @size are those of a block. One thread of the pool calls the operations,
 * with no lock held. They may sleep; each call delays the pool's growth and destruction.
 */
struct tee_rstmem_lend_ops {
	int (*adopt)(void *data, phys_addr_t start, u64 size);
	int (*lend)(void *data, phys_addr_t start, u64 size);
	int (*reclaim)(void *data, phys_addr_t start, u64 size);
};

/**
 * struct tee_rstmem_elastic_desc - an elastic pool
 * @ops:	must outlive the pool
 * @data:	for @ops
 * @floor:	a pool that always stays and serves first, or NULL. It must have the
 *		granule @granule. The elastic pool destroys it
 * @start:	physical address of the range that comes and goes
 * @size:	bytes of it
 * @boot_ram:	the range may be RAM since boot; otherwise it must be set aside at boot
 * @keep_mapping: the protection holds although the kernel keeps its mapping. The range is
 *		RAM since boot, and the pool allocates blocks of it from the kernel. The
 *		backend sets TEE_RSTMEM_CAP_KEEPS_MAPPING
 * @granule:	bytes, a power of two, at least PAGE_SIZE
 * @least:	bytes of the smallest range that can be lent, or 0
 * @most:	bytes of the largest range that can be lent, or 0
 * @align:	alignment of ranges that are lent, a power of two, bytes, or 0
 * @ranges:	number of ranges that can be lent at a time, or 0
 * @address_bits: width of an address that can be lent, or 0
 * @warm:	bytes to keep free while a buffer lives
 * @idle_ms:	time before a block that is not needed goes back, ms
 *
 * 0 for a constraint means that there is none.
 */
struct tee_rstmem_elastic_desc {
	const struct tee_rstmem_lend_ops *ops;
	void *data;
	struct tee_rstmem_pool *floor;
	phys_addr_t start;
	u64 size;
	bool boot_ram;
	bool keep_mapping;
	u64 granule;
	u64 least;
	u64 most;
	u64 align;
	u32 ranges;
	u32 address_bits;
	u64 warm;
	u32 idle_ms;
};

/*
 * Makes a pool whose memory is ordinary RAM while no buffer needs it, see
 * docs/elastic.md. May sleep.
 * Destroyed with tee_rstmem_pool_free(), which gives the memory back.
 */
struct tee_rstmem_pool *
tee_rstmem_elastic_create(const struct tee_rstmem_elastic_desc *desc);

/**
 * tee_rstmem_pool_free() - destroy a pool
 * @pool:	the pool; nothing allocated from it may be left
 */
static inline void tee_rstmem_pool_free(struct tee_rstmem_pool *pool)
{
	pool->ops->destroy_pool(pool);
}

int tee_rstmem_clear(phys_addr_t start, u64 size);

/* Module parameters of backends. */
int tee_rstmem_parse_bytes(const char *text, size_t len, u64 *bytes);
const char *tee_rstmem_parse_range(const char *text, size_t len,
				   phys_addr_t *start, u64 *size);
int tee_rstmem_parse_use_case(const char *name, size_t len, u32 *use_case);

/**
 * struct tee_rstmem_info - what a restricted buffer is
 * @size:	bytes
 * @use_case:	TEE_IOC_UC_*
 * @flags:	flags in force
 * @teedev:	the device of the buffer; compare the pointer, do not follow it
 */
struct tee_rstmem_info {
	u64 size;
	u32 use_case;
	u32 flags;
	const struct tee_device *teedev;
};

/* TEE drivers: describe a memory reference that carries TEE_SHM_RESTRICTED. */
int tee_rstmem_shm_info(const struct tee_shm *shm,
			struct tee_rstmem_info *info);

/* Kernel clients of a TEE: get a memory reference to restricted memory. */
struct tee_shm *tee_rstmem_shm_get(struct tee_context *ctx, struct dma_buf *dmabuf);

/* Other drivers, see docs/importers.md. */
struct dma_buf *tee_rstmem_alloc(struct tee_device *teedev, u32 flags,
				 u32 use_case, u64 size);
int tee_rstmem_dma_buf_info(const struct dma_buf *dmabuf,
			    struct tee_rstmem_info *info);
int tee_rstmem_dma_buf_address(const struct dma_buf *dmabuf, u64 offset,
			       phys_addr_t *addr);
const char *tee_rstmem_use_case_name(u32 use_case);

#endif /* _LINUX_TEE_RSTMEM_H */
