// SPDX-License-Identifier: GPL-2.0-only
/*
 * rstmem_kapi: tests the in-kernel interface when it is loaded. Results are in debugfs,
 * file rstmem_kapi, a line for each case: "ok" or "not ok" and the name of the case. The
 * module needs a device that offers secure-video and has 1 MiB free.
 */
#include <linux/debugfs.h>
#include <linux/dma-buf.h>
#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/ioport.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/scatterlist.h>
#include <linux/seq_file.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/tee_drv.h>
#include <linux/tee_rstmem.h>
#include <linux/uuid.h>
#include <tee_gp.h>
#include <uapi/linux/tee_rstmem_services.h>

static unsigned long long spare;
module_param(spare, ullong, 0444);
MODULE_PARM_DESC(spare, "address of 1 MiB that no driver uses, aligned to 1 MiB");

static unsigned long long carveout;
module_param(carveout, ullong, 0444);
MODULE_PARM_DESC(carveout, "address inside a pool");

#define MAX_RESULTS	64

static struct {
	bool ok;
	const char *what;
} results[MAX_RESULTS];

static unsigned int nr_results;
static struct dentry *results_file;

static void check(bool ok, const char *what)
{
	if (WARN_ON(nr_results == MAX_RESULTS))
		return;
	results[nr_results].ok = ok;
	results[nr_results].what = what;
	nr_results++;
}

static int results_show(struct seq_file *m, void *v)
{
	unsigned int i;

	for (i = 0; i < nr_results; i++)
		seq_printf(m, "%s %s\n", results[i].ok ? "ok" : "not ok",
			   results[i].what);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(results);

/* Gives back what an allocation that must fail returned; its error. */
static int alloc_error(u32 flags, u32 use_case, u64 size)
{
	struct dma_buf *dmabuf = tee_rstmem_alloc(NULL, flags, use_case, size);

	if (IS_ERR(dmabuf))
		return PTR_ERR(dmabuf);
	dma_buf_put(dmabuf);
	return 0;
}

static void test_alloc(void)
{
	const u32 video = TEE_IOC_UC_SECURE_VIDEO_PLAY;
	struct tee_rstmem_info info = {};
	phys_addr_t first, second;
	struct dma_buf *dmabuf;

	dmabuf = tee_rstmem_alloc(NULL, 0, video, SZ_1M - 1);
	check(!IS_ERR(dmabuf), "alloc: succeeds without a TEE file");
	if (IS_ERR(dmabuf))
		return;
	check(dmabuf->size == SZ_1M, "alloc: rounds the size up");
	check(!tee_rstmem_dma_buf_info(dmabuf, &info),
	      "dma_buf_info: succeeds for restricted memory");
	check(info.use_case == video && info.size == SZ_1M && !info.flags &&
	      info.teedev, "dma_buf_info: tells use case, size, flags and device");
	check(!tee_rstmem_dma_buf_info(dmabuf, NULL), "dma_buf_info: accepts NULL for the info");
	check(!tee_rstmem_dma_buf_address(dmabuf, 0, &first) && first >= carveout &&
	      first - carveout < SZ_64M, "dma_buf_address: tells an address in the pool");
	check(!tee_rstmem_dma_buf_address(dmabuf, SZ_4K + 1, &second) &&
	      second == first + SZ_4K + 1, "dma_buf_address: takes any offset");
	check(tee_rstmem_dma_buf_address(dmabuf, SZ_1M, &second) == -EINVAL,
	      "dma_buf_address: refuses an offset behind the buffer: EINVAL");
	check(!strcmp(dmabuf->exp_name, "rstmem,secure-video"),
	      "dma-buf: the name of the exporter has the use case");
	check(!dmabuf->ops->attach,
	      "dma-buf: has no attach operation, whose failure breaks videobuf2");
	check(!dmabuf->ops->mmap && !dmabuf->ops->vmap && !dmabuf->ops->vunmap,
	      "dma-buf: has no operation that maps it for the CPU");
	check(!dmabuf->ops->begin_cpu_access && !dmabuf->ops->end_cpu_access,
	      "dma-buf: has no operation that prepares CPU access");
	dma_buf_put(dmabuf);

	check(alloc_error(0, TEE_IOC_UC_RESERVED, SZ_4K) == -EOPNOTSUPP,
	      "alloc: refuses the reserved use case: EOPNOTSUPP");
	check(alloc_error(0, 63, SZ_4K) == -EOPNOTSUPP,
	      "alloc: refuses use case 63: EOPNOTSUPP");
	check(alloc_error(0, U32_MAX, SZ_4K) == -EOPNOTSUPP,
	      "alloc: refuses use case U32_MAX: EOPNOTSUPP");
	check(alloc_error(1, video, SZ_4K) == -EINVAL, "alloc: refuses a flag: EINVAL");
	check(alloc_error(0, video, 0) == -EINVAL, "alloc: refuses size 0: EINVAL");
	check(alloc_error(0, video, U64_MAX) == -EINVAL,
	      "alloc: refuses a size that overflows: EINVAL");
	check(alloc_error(0, video, U64_MAX - 4095) == -EINVAL,
	      "alloc: refuses a size beyond all addresses: EINVAL");
	check(alloc_error(0, video, BIT_ULL(52)) == -ENOMEM,
	      "alloc: fails for the whole address space: ENOMEM");
}

/* Maps and unmaps. Returns the DMA address, or 0 with an error in @rc. */
static dma_addr_t map_once(struct dma_buf_attachment *attach,
			   enum dma_data_direction dir, int *rc)
{
	struct sg_table *sgt = dma_buf_map_attachment_unlocked(attach, dir);
	dma_addr_t addr;

	*rc = PTR_ERR_OR_ZERO(sgt);
	if (*rc)
		return 0;
	addr = sg_dma_address(sgt->sgl);
	dma_buf_unmap_attachment_unlocked(attach, sgt, dir);
	return addr;
}

/* An attachment may map often; each mapping checks that the device reaches the buffer. */
static void test_map(void)
{
	struct platform_device *pdev;
	struct dma_buf_attachment *attach;
	struct dma_buf *dmabuf;
	struct sg_table *sgt;
	dma_addr_t addr;
	int rc;

	dmabuf = tee_rstmem_alloc(NULL, 0, TEE_IOC_UC_SECURE_VIDEO_PLAY, SZ_64K);
	pdev = platform_device_register_simple("rstmem_kapi", PLATFORM_DEVID_NONE,
					       NULL, 0);
	check(!IS_ERR(dmabuf) && !IS_ERR(pdev), "map: a device and a buffer can be made");
	if (IS_ERR(dmabuf) || IS_ERR(pdev))
		return;
	attach = dma_buf_attach(dmabuf, &pdev->dev);
	check(!IS_ERR(attach), "attach: succeeds");
	if (IS_ERR(attach))
		goto out;

	*pdev->dev.dma_mask = DMA_BIT_MASK(64);
	addr = map_once(attach, DMA_TO_DEVICE, &rc);
	check(!rc && addr, "map: succeeds");
	check(map_once(attach, DMA_TO_DEVICE, &rc) == addr && !rc,
	      "map: gives the same address again");
	map_once(attach, DMA_FROM_DEVICE, &rc);
	check(!rc, "map: succeeds in another direction");
	sgt = dma_buf_map_attachment_unlocked(attach, DMA_TO_DEVICE);
	map_once(attach, DMA_TO_DEVICE, &rc);
	check(!IS_ERR(sgt) && !rc, "map: succeeds twice at once in one direction");
	map_once(attach, DMA_FROM_DEVICE, &rc);
	check(rc == -EBUSY, "map: refuses two directions at once: EBUSY");
	dma_buf_unmap_attachment_unlocked(attach, sgt, DMA_TO_DEVICE);
	*pdev->dev.dma_mask = DMA_BIT_MASK(20);
	map_once(attach, DMA_TO_DEVICE, &rc);
	check(rc == -ERANGE, "map: refuses a mask that no longer reaches the buffer: ERANGE");
	*pdev->dev.dma_mask = DMA_BIT_MASK(64);
	check(map_once(attach, DMA_TO_DEVICE, &rc) == addr && !rc,
	      "map: succeeds again with the first mask");
	dma_buf_detach(dmabuf, attach);

	dma_set_max_seg_size(&pdev->dev, SZ_16K);
	attach = dma_buf_attach(dmabuf, &pdev->dev);
	sgt = dma_buf_map_attachment_unlocked(attach, DMA_TO_DEVICE);
	check(!IS_ERR(sgt) && sgt->nents == 4 && sg_dma_len(sgt->sgl) == SZ_16K &&
	      sg_dma_address(sg_next(sgt->sgl)) ==
	      sg_dma_address(sgt->sgl) + SZ_16K,
	      "map: keeps to the device's largest segment");
	dma_buf_unmap_attachment_unlocked(attach, sgt, DMA_TO_DEVICE);
	dma_buf_detach(dmabuf, attach);
out:
	platform_device_unregister(pdev);
	dma_buf_put(dmabuf);
}

static int match_any(struct tee_ioctl_version_data *version, const void *data)
{
	return 1;
}

/* Has the TEE digest restricted memory. Returns whether that succeeded. */
static bool digest(struct tee_context *ctx, struct tee_shm *shm, struct tee_shm *result)
{
	struct tee_ioctl_open_session_arg session = { .uuid = RSTMEM_SVC_DIGEST_UUID };
	struct tee_ioctl_invoke_arg invoke = {
		.func = RSTMEM_SVC_DIGEST_SHA256, .num_params = 2,
	};
	struct tee_param params[2] = {
		{
			.attr = TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_INPUT,
			.u.memref = { .shm = shm, .size = SZ_64K },
		}, {
			.attr = TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_OUTPUT,
			.u.memref = { .shm = result, .size = RSTMEM_SVC_DIGEST_SHA256_SIZE },
		},
	};

	if (tee_client_open_session(ctx, &session, NULL) || session.ret)
		return false;
	invoke.session = session.session;
	if (tee_client_invoke_func(ctx, &invoke, params))
		invoke.ret = TEEC_ERROR_GENERIC;
	tee_client_close_session(ctx, session.session);
	return invoke.ret == TEEC_SUCCESS &&
	       params[1].u.memref.size == RSTMEM_SVC_DIGEST_SHA256_SIZE;
}

static void test_shm(void)
{
	struct tee_context other = {}, *ctx;
	struct tee_shm *shm, *result;
	struct dma_buf *dmabuf;

	dmabuf = tee_rstmem_alloc(NULL, 0, TEE_IOC_UC_SECURE_VIDEO_PLAY, SZ_64K);
	ctx = tee_client_open_context(NULL, match_any, NULL, NULL);
	check(!IS_ERR(dmabuf) && !IS_ERR(ctx), "shm: a kernel client and a buffer can be made");
	if (IS_ERR(dmabuf) || IS_ERR(ctx))
		return;
	check(tee_rstmem_shm_get(&other, dmabuf) == ERR_PTR(-EXDEV),
	      "shm_get: refuses memory of another TEE device: EXDEV");
	result = tee_shm_alloc_kernel_buf(ctx, RSTMEM_SVC_DIGEST_SHA256_SIZE);
	shm = tee_rstmem_shm_get(ctx, dmabuf);
	check(!IS_ERR(result) && !IS_ERR(shm), "shm_get: succeeds for a kernel client");
	dma_buf_put(dmabuf);
	if (!IS_ERR(result) && !IS_ERR(shm)) {
		check(shm->id < 0, "shm_get: gives no number that a program could use");
		check(digest(ctx, shm, result),
		      "shm_get: the TEE works on the memory when the dma-buf is gone");
		tee_shm_free(shm);
		tee_shm_free(result);
	}
	tee_client_close_context(ctx);
}

static struct sg_table *foreign_map(struct dma_buf_attachment *attach,
				    enum dma_data_direction dir)
{
	return ERR_PTR(-EIO);
}

static void foreign_unmap(struct dma_buf_attachment *attach,
			  struct sg_table *sgt, enum dma_data_direction dir)
{
}

static void foreign_release(struct dma_buf *dmabuf)
{
}

static const struct dma_buf_ops foreign_ops = {
	.map_dma_buf = foreign_map,
	.unmap_dma_buf = foreign_unmap,
	.release = foreign_release,
};

static void test_foreign(void)
{
	DEFINE_DMA_BUF_EXPORT_INFO(exp_info);
	struct tee_context ctx = {};
	struct tee_rstmem_info info;
	struct dma_buf *dmabuf;
	phys_addr_t addr;

	exp_info.ops = &foreign_ops;
	exp_info.size = PAGE_SIZE;
	exp_info.priv = results;
	dmabuf = dma_buf_export(&exp_info);
	check(!IS_ERR(dmabuf), "foreign dma-buf: can be exported");
	if (IS_ERR(dmabuf))
		return;
	check(tee_rstmem_dma_buf_info(dmabuf, &info) == -EINVAL,
	      "dma_buf_info: refuses a foreign dma-buf: EINVAL");
	check(tee_rstmem_dma_buf_address(dmabuf, 0, &addr) == -EINVAL,
	      "dma_buf_address: refuses a foreign dma-buf: EINVAL");
	check(tee_rstmem_shm_get(&ctx, dmabuf) == ERR_PTR(-EINVAL),
	      "shm_get: refuses a foreign dma-buf: EINVAL");
	dma_buf_put(dmabuf);
}

static int pool_error(phys_addr_t paddr, u64 size, u64 granule)
{
	struct tee_rstmem_pool *pool;

	pool = tee_rstmem_carveout_create(paddr, size, granule);
	if (IS_ERR(pool))
		return PTR_ERR(pool);
	tee_rstmem_pool_free(pool);
	return 0;
}

static void test_pool(void)
{
	struct tee_rstmem_pool *pool;
	void *ram;

	check(pool_error(spare, 0, PAGE_SIZE) == -EINVAL, "carveout: refuses size 0: EINVAL");
	check(pool_error(spare + 1, SZ_64K, PAGE_SIZE) == -EINVAL,
	      "carveout: refuses a start within a page: EINVAL");
	check(pool_error(spare, SZ_64K + 1, PAGE_SIZE) == -EINVAL,
	      "carveout: refuses an end within a page: EINVAL");
	check(pool_error(spare, SZ_64K, PAGE_SIZE / 2) == -EINVAL,
	      "carveout: refuses a granule below a page: EINVAL");
	check(pool_error(spare, SZ_64K, PAGE_SIZE * 3) == -EINVAL,
	      "carveout: refuses a granule that is no power of two: EINVAL");
	check(pool_error(spare, SZ_64K, SZ_128K) == -EINVAL,
	      "carveout: refuses a size that is no multiple of the granule: EINVAL");
	check(pool_error(spare, SZ_64K, 0) == -EINVAL, "carveout: refuses granule 0: EINVAL");
	check(pool_error(spare, U64_MAX - PAGE_SIZE + 1, PAGE_SIZE) == -EINVAL,
	      "carveout: refuses a range that wraps: EINVAL");
	check(pool_error(BIT_ULL(52), SZ_64K, PAGE_SIZE) == -EINVAL,
	      "carveout: refuses a range beyond all addresses: EINVAL");

	ram = (void *)__get_free_page(GFP_KERNEL);
	if (ram) {
		check(pool_error(virt_to_phys(ram), PAGE_SIZE, PAGE_SIZE) ==
		      -EBUSY, "carveout: refuses System RAM: EBUSY");
		free_page((unsigned long)ram);
	}

	pool = tee_rstmem_gen_pool_alloc(spare, SZ_1M);
	check(!IS_ERR(pool), "carveout: accepts reserved memory");
	if (IS_ERR(pool))
		return;
	check(pool_error(spare + SZ_512K, SZ_64K, PAGE_SIZE) == -EBUSY,
	      "carveout: refuses a range in another pool: EBUSY");
	check(!request_mem_region(spare, SZ_1M, "rstmem_kapi"),
	      "carveout: no driver can request the range");
	check(region_intersects(spare, SZ_1M, IORESOURCE_MEM |
				IORESOURCE_EXCLUSIVE, IORES_DESC_NONE) !=
	      REGION_DISJOINT, "carveout: the claim is exclusive");
	tee_rstmem_pool_free(pool);
	check(!pool_error(spare, SZ_1M, SZ_64K),
	      "carveout: the range is free again after the pool");
}

static int __init kapi_init(void)
{
	check(!pfn_valid(PHYS_PFN(carveout)), "softtee: its memory has no struct page");
	test_alloc();
	test_map();
	test_shm();
	test_foreign();
	test_pool();

	results_file = debugfs_create_file("rstmem_kapi", 0400, NULL, NULL,
					   &results_fops);
	return PTR_ERR_OR_ZERO(results_file);
}

static void __exit kapi_exit(void)
{
	debugfs_remove(results_file);
}

module_init(kapi_init);
module_exit(kapi_exit);

MODULE_DESCRIPTION("Calls the in-kernel interface of tee_rstmem, for tests");
MODULE_LICENSE("GPL");
MODULE_INFO(import_ns, "DMA_BUF");
