// SPDX-License-Identifier: GPL-2.0-only
/*
 * rstmem_kapi: calls the in-kernel interface when it is loaded, for tests. The
 * results are in debugfs, rstmem_kapi, a line a case: "ok" or "not ok" and what
 * it was. Wants a device that offers secure-video and room for 1 MiB.
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
#include <linux/tee_rstmem.h>

static unsigned long long spare;
module_param(spare, ullong, 0444);
MODULE_PARM_DESC(spare, "address of 1 MiB, aligned to it, that is nobody's");

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
	struct dma_buf *dmabuf;

	dmabuf = tee_rstmem_alloc(NULL, 0, video, SZ_1M - 1);
	check(!IS_ERR(dmabuf), "allocate without a TEE file");
	if (IS_ERR(dmabuf))
		return;
	check(dmabuf->size == SZ_1M, "size is rounded up");
	check(!tee_rstmem_dma_buf_info(dmabuf, &info), "is restricted");
	check(info.use_case == video && info.size == SZ_1M && !info.flags &&
	      info.teedev, "its info is right");
	check(!tee_rstmem_dma_buf_info(dmabuf, NULL), "info is optional");
	check(!strcmp(dmabuf->exp_name, "rstmem,secure-video"),
	      "exporter's name says what it is for");
	check(!dmabuf->ops->attach,
	      "exporter: attaching cannot fail, which videobuf2 does not survive");
	check(!dmabuf->ops->mmap && !dmabuf->ops->vmap && !dmabuf->ops->vunmap,
	      "no operation maps it for the CPU");
	check(!dmabuf->ops->begin_cpu_access && !dmabuf->ops->end_cpu_access,
	      "no operation prepares CPU access");
	dma_buf_put(dmabuf);

	check(alloc_error(0, TEE_IOC_UC_RESERVED, SZ_4K) == -EOPNOTSUPP,
	      "no device offers the reserved use case");
	check(alloc_error(0, 63, SZ_4K) == -EOPNOTSUPP,
	      "nor one nobody registered");
	check(alloc_error(0, U32_MAX, SZ_4K) == -EOPNOTSUPP,
	      "nor one beyond the last");
	check(alloc_error(1, video, SZ_4K) == -EINVAL, "unknown flag");
	check(alloc_error(0, video, 0) == -EINVAL, "size 0");
	check(alloc_error(0, video, U64_MAX) == -EINVAL, "size overflows");
	check(alloc_error(0, video, U64_MAX - 4095) == -EINVAL,
	      "size beyond the address width");
	check(alloc_error(0, video, BIT_ULL(52)) == -ENOMEM,
	      "size of the whole address space");
}

/* Maps and unmaps again; the DMA address, or 0, and the error in @rc. */
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

/* What is attached may map often, and every time the device must reach the buffer. */
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
	check(!IS_ERR(dmabuf) && !IS_ERR(pdev), "a device and a buffer");
	if (IS_ERR(dmabuf) || IS_ERR(pdev))
		return;
	attach = dma_buf_attach(dmabuf, &pdev->dev);
	check(!IS_ERR(attach), "attach");
	if (IS_ERR(attach))
		goto out;

	*pdev->dev.dma_mask = DMA_BIT_MASK(64);
	addr = map_once(attach, DMA_TO_DEVICE, &rc);
	check(!rc && addr, "map");
	check(map_once(attach, DMA_TO_DEVICE, &rc) == addr && !rc,
	      "map again: the same address");
	map_once(attach, DMA_FROM_DEVICE, &rc);
	check(!rc, "in another direction");
	sgt = dma_buf_map_attachment_unlocked(attach, DMA_TO_DEVICE);
	map_once(attach, DMA_TO_DEVICE, &rc);
	check(!IS_ERR(sgt) && !rc, "twice at once");
	map_once(attach, DMA_FROM_DEVICE, &rc);
	check(rc == -EBUSY, "not in two directions");
	dma_buf_unmap_attachment_unlocked(attach, sgt, DMA_TO_DEVICE);
	*pdev->dev.dma_mask = DMA_BIT_MASK(20);
	map_once(attach, DMA_TO_DEVICE, &rc);
	check(rc == -ERANGE, "not with a mask that no longer reaches it");
	*pdev->dev.dma_mask = DMA_BIT_MASK(64);
	check(map_once(attach, DMA_TO_DEVICE, &rc) == addr && !rc,
	      "with the first mask it is mapped again");
	dma_buf_detach(dmabuf, attach);

	dma_set_max_seg_size(&pdev->dev, SZ_16K);
	attach = dma_buf_attach(dmabuf, &pdev->dev);
	sgt = dma_buf_map_attachment_unlocked(attach, DMA_TO_DEVICE);
	check(!IS_ERR(sgt) && sgt->nents == 4 && sg_dma_len(sgt->sgl) == SZ_16K &&
	      sg_dma_address(sg_next(sgt->sgl)) ==
	      sg_dma_address(sgt->sgl) + SZ_16K,
	      "map: no segment is longer than the device's largest");
	dma_buf_unmap_attachment_unlocked(attach, sgt, DMA_TO_DEVICE);
	dma_buf_detach(dmabuf, attach);
out:
	platform_device_unregister(pdev);
	dma_buf_put(dmabuf);
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
	struct tee_rstmem_info info;
	struct dma_buf *dmabuf;

	exp_info.ops = &foreign_ops;
	exp_info.size = PAGE_SIZE;
	exp_info.priv = results;
	dmabuf = dma_buf_export(&exp_info);
	check(!IS_ERR(dmabuf), "export a dma-buf of our own");
	if (IS_ERR(dmabuf))
		return;
	check(tee_rstmem_dma_buf_info(dmabuf, &info) == -EINVAL,
	      "which is not restricted");
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

	check(pool_error(spare, 0, PAGE_SIZE) == -EINVAL, "pool of size 0");
	check(pool_error(spare + 1, SZ_64K, PAGE_SIZE) == -EINVAL,
	      "pool that starts within a page");
	check(pool_error(spare, SZ_64K + 1, PAGE_SIZE) == -EINVAL,
	      "pool that ends within a page");
	check(pool_error(spare, SZ_64K, PAGE_SIZE / 2) == -EINVAL,
	      "granule smaller than a page");
	check(pool_error(spare, SZ_64K, PAGE_SIZE * 3) == -EINVAL,
	      "granule that is no power of two");
	check(pool_error(spare, SZ_64K, SZ_128K) == -EINVAL,
	      "pool that is no multiple of the granule");
	check(pool_error(spare, SZ_64K, 0) == -EINVAL, "granule 0");
	check(pool_error(spare, U64_MAX - PAGE_SIZE + 1, PAGE_SIZE) == -EINVAL,
	      "pool that wraps around");
	check(pool_error(BIT_ULL(52), SZ_64K, PAGE_SIZE) == -EINVAL,
	      "pool beyond the address width");

	ram = (void *)__get_free_page(GFP_KERNEL);
	if (ram) {
		check(pool_error(virt_to_phys(ram), PAGE_SIZE, PAGE_SIZE) ==
		      -EBUSY, "pool in System RAM");
		free_page((unsigned long)ram);
	}

	pool = tee_rstmem_gen_pool_alloc(spare, SZ_1M);
	check(!IS_ERR(pool), "pool in reserved memory");
	if (IS_ERR(pool))
		return;
	check(pool_error(spare + SZ_512K, SZ_64K, PAGE_SIZE) == -EBUSY,
	      "pool inside another");
	check(!request_mem_region(spare, SZ_1M, "rstmem_kapi"),
	      "nobody else gets the range");
	check(region_intersects(spare, SZ_1M, IORESOURCE_MEM |
				IORESOURCE_EXCLUSIVE, IORES_DESC_NONE) !=
	      REGION_DISJOINT, "the claim is exclusive");
	tee_rstmem_pool_free(pool);
	check(!pool_error(spare, SZ_1M, SZ_64K), "and free again after it");
}

static int __init kapi_init(void)
{
	check(!pfn_valid(PHYS_PFN(carveout)), "carveout has no struct page");
	test_alloc();
	test_map();
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
