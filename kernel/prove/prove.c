// SPDX-License-Identifier: GPL-2.0-only
/*
 * rstmem_prove: tries to read restricted memory as a faulty or hostile kernel would, for
 * "rstmem doctor --prove". <uapi/linux/tee_rstmem_prove.h> documents the device.
 *
 * An open file looks at a single page: a page in or near a buffer of restricted memory, or
 * a new page of normal memory for comparison. A look compares the start of the page with a
 * pattern, zeros and ones. mmap() refuses RAM of the kernel, except for the new page.
 *
 * A load that the bus refuses may end the process inside of an ioctl. So the file owns all
 * that a look needs, its release takes no lock, and a load holds only the file's lock.
 */
#include <linux/capability.h>
#include <linux/dma-buf.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/fs.h>
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/list.h>
#include <linux/minmax.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mmzone.h>
#include <linux/mutex.h>
#include <linux/overflow.h>
#include <linux/security.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/tee_rstmem.h>
#include <linux/tee_rstmem_prove.h>
#include <linux/uaccess.h>
#include <uapi/linux/tee_rstmem_prove.h>

#include "prove.h"

/**
 * struct prove_file - an open file
 * @lock:	guards all members below; the release does not take it, as no other user is left
 * @dmabuf:	the buffer that the page belongs to, or NULL
 * @page:	the page of normal memory, or NULL
 * @addr:	physical address of the page; valid with @dmabuf or @page
 * @is_ram:	the page is RAM of the kernel
 * @pattern:	what to look for
 * @cached:	the kernel's cached mapping, or NULL
 * @uncached:	the kernel's uncached mapping, or NULL
 */
struct prove_file {
	struct mutex lock;	/* see above */
	struct dma_buf *dmabuf;
	struct page *page;
	phys_addr_t addr;
	bool is_ram;
	u8 pattern[RSTMEM_PROVE_PATTERN];
	void *cached;
	void __iomem *uncached;
};

/* Guards the list, and keeps engines in it while they read. */
static DEFINE_MUTEX(engines_lock);
static LIST_HEAD(engines);

/**
 * tee_rstmem_prove_add() - offer a DMA engine
 * @engine:	the engine; must stay valid until tee_rstmem_prove_remove()
 *
 * May sleep.
 */
void tee_rstmem_prove_add(struct tee_rstmem_prove_engine *engine)
{
	mutex_lock(&engines_lock);
	list_add_tail(&engine->node, &engines);
	mutex_unlock(&engines_lock);
}
EXPORT_SYMBOL_GPL(tee_rstmem_prove_add);

/**
 * tee_rstmem_prove_remove() - take a DMA engine back
 * @engine:	from tee_rstmem_prove_add()
 *
 * Waits until the engine does not read. May sleep.
 */
void tee_rstmem_prove_remove(struct tee_rstmem_prove_engine *engine)
{
	mutex_lock(&engines_lock);
	list_del(&engine->node);
	mutex_unlock(&engines_lock);
}
EXPORT_SYMBOL_GPL(tee_rstmem_prove_remove);

static int prove_info(struct rstmem_prove_info *info)
{
	*info = (struct rstmem_prove_info){
		.bits = min_t(u32, fls64(iomem_resource.end), MAX_PHYSMEM_BITS),
	};
	/* An Arm kernel treats a refused load of its own as a fatal fault. */
	if (!IS_ENABLED(CONFIG_ARM64) && !IS_ENABLED(CONFIG_ARM))
		info->flags |= RSTMEM_PROVE_SURVIVES;
	return 0;
}

/* Find the page of a buffer, or one next to it. */
static int address_near(const struct dma_buf *dmabuf, s64 offset, phys_addr_t *addr)
{
	s64 size = dmabuf->size, inside = clamp(offset, 0, size - (s64)PAGE_SIZE);
	int rc;

	if (!IS_ALIGNED(offset, PAGE_SIZE) || offset < -RSTMEM_PROVE_NEAR ||
	    offset >= size + RSTMEM_PROVE_NEAR)
		return -EINVAL;
	rc = tee_rstmem_dma_buf_address(dmabuf, inside, addr);
	if (rc)
		return rc;
	if (offset < inside && *addr < inside - offset)
		return -ERANGE;
	*addr += offset - inside;
	return 0;
}

static int aim_at_buffer(struct prove_file *pf, const struct rstmem_prove_aim *aim)
{
	phys_addr_t addr;
	struct dma_buf *dmabuf;
	int rc;

	dmabuf = dma_buf_get(aim->fd);
	if (IS_ERR(dmabuf))
		return PTR_ERR(dmabuf);
	rc = address_near(dmabuf, aim->offset, &addr);
	if (rc)
		goto err_put;
	if (aim->bit) {
		rc = -EINVAL;
		if (aim->bit < PAGE_SHIFT || aim->bit > 63 || aim->offset < 0 ||
		    aim->offset >= dmabuf->size)
			goto err_put;
		rc = -ERANGE;
		if (aim->bit >= BITS_PER_BYTE * sizeof(addr) ||
		    check_add_overflow(addr, (phys_addr_t)BIT_ULL(aim->bit), &addr))
			goto err_put;
	}
	rc = -ERANGE;
	if (addr > iomem_resource.end - (PAGE_SIZE - 1) ||
	    fls64(addr) > MAX_PHYSMEM_BITS)
		goto err_put;
	pf->addr = addr;
	pf->dmabuf = dmabuf;
	return 0;

err_put:
	dma_buf_put(dmabuf);
	return rc;
}

static int prove_aim(struct prove_file *pf, struct rstmem_prove_aim *aim)
{
	int rc;

	lockdep_assert_held(&pf->lock);

	if (pf->dmabuf || pf->page)
		return -EBUSY;
	if (aim->pad)
		return -EINVAL;
	memcpy(pf->pattern, aim->pattern, sizeof(pf->pattern));
	if (aim->fd == -1) {
		if (aim->bit || aim->offset)
			return -EINVAL;
		pf->page = alloc_page(GFP_KERNEL | __GFP_ZERO);
		if (!pf->page)
			return -ENOMEM;
		memcpy(page_address(pf->page), pf->pattern, sizeof(pf->pattern));
		pf->addr = page_to_phys(pf->page);
	} else {
		rc = aim_at_buffer(pf, aim);
		if (rc)
			return rc;
	}
	pf->is_ram = region_intersects(pf->addr, PAGE_SIZE, IORESOURCE_SYSTEM_RAM,
				       IORES_DESC_NONE) != REGION_DISJOINT;
	aim->addr = pf->addr;
	aim->is_ram = pf->is_ram;
	return 0;
}

static u32 what_it_is(const struct prove_file *pf, const u8 *data)
{
	if (!memcmp(data, pf->pattern, sizeof(pf->pattern)))
		return RSTMEM_PROVE_SEES_PATTERN;
	if (!memchr_inv(data, 0, sizeof(pf->pattern)))
		return RSTMEM_PROVE_SEES_ZEROS;
	if (!memchr_inv(data, 0xff, sizeof(pf->pattern)))
		return RSTMEM_PROVE_SEES_ONES;
	return RSTMEM_PROVE_SEES_OTHER;
}

static int load_uncached(struct prove_file *pf, u8 *data)
{
	/* The kernel must not map its RAM with a second memory type. */
	if (pf->is_ram)
		return -EOPNOTSUPP;
	if (!pf->uncached)
		pf->uncached = ioremap(pf->addr, PAGE_SIZE);
	if (!pf->uncached)
		return -ENOMEM;
	return copy_from_kernel_nofault(data, (const void __force *)pf->uncached,
					sizeof(pf->pattern));
}

static int load_cached(struct prove_file *pf, u8 *data)
{
	if (!pf->cached)
		pf->cached = memremap(pf->addr, PAGE_SIZE, MEMREMAP_WB);
	if (!pf->cached)
		return -ENOMEM;
	return copy_from_kernel_nofault(data, pf->cached, sizeof(pf->pattern));
}

static int read_by_engine(struct prove_file *pf, struct rstmem_prove_look *look,
			  u8 *data)
{
	struct tee_rstmem_prove_engine *engine;
	u32 n = 0;
	int rc = -ENXIO;

	mutex_lock(&engines_lock);
	list_for_each_entry(engine, &engines, node) {
		if (n++ != look->engine)
			continue;
		strscpy_pad(look->name, engine->name, sizeof(look->name));
		rc = engine->read(engine, pf->addr, pf->page, data,
				  sizeof(pf->pattern));
		break;
	}
	mutex_unlock(&engines_lock);
	return rc;
}

static int prove_look(struct prove_file *pf, struct rstmem_prove_look *look)
{
	u8 data[RSTMEM_PROVE_PATTERN] = {};
	int rc;

	lockdep_assert_held(&pf->lock);

	if (!pf->dmabuf && !pf->page)
		return -EINVAL;
	if (look->pad)
		return -EINVAL;
	memset(look->name, 0, sizeof(look->name));
	switch (look->way) {
	case RSTMEM_PROVE_UNCACHED:
		rc = load_uncached(pf, data);
		break;
	case RSTMEM_PROVE_CACHED:
		rc = load_cached(pf, data);
		break;
	case RSTMEM_PROVE_ENGINE:
		rc = read_by_engine(pf, look, data);
		break;
	default:
		rc = -EINVAL;
	}
	if (!rc)
		look->sees = what_it_is(pf, data);
	memzero_explicit(data, sizeof(data));
	return rc;
}

static long prove_ioctl(struct file *filp, unsigned int cmd, unsigned long arg)
{
	struct prove_file *pf = filp->private_data;
	void __user *ptr = (void __user *)arg;
	union {
		struct rstmem_prove_info info;
		struct rstmem_prove_aim aim;
		struct rstmem_prove_look look;
	} u = {};
	int rc;

	if (_IOC_SIZE(cmd) > sizeof(u))
		return -ENOTTY;
	if ((_IOC_DIR(cmd) & _IOC_WRITE) && copy_from_user(&u, ptr, _IOC_SIZE(cmd)))
		return -EFAULT;
	mutex_lock(&pf->lock);
	switch (cmd) {
	case RSTMEM_PROVE_INFO:
		rc = prove_info(&u.info);
		break;
	case RSTMEM_PROVE_AIM:
		rc = prove_aim(pf, &u.aim);
		break;
	case RSTMEM_PROVE_LOOK:
		rc = prove_look(pf, &u.look);
		break;
	default:
		rc = -ENOTTY;
	}
	mutex_unlock(&pf->lock);
	if (!rc && copy_to_user(ptr, &u, _IOC_SIZE(cmd)))
		rc = -EFAULT;
	return rc;
}

static int prove_mmap(struct file *filp, struct vm_area_struct *vma)
{
	struct prove_file *pf = filp->private_data;
	bool cached = vma->vm_pgoff == RSTMEM_PROVE_MAP_CACHED >> PAGE_SHIFT;
	int rc = -EINVAL;

	if (vma->vm_flags & (VM_WRITE | VM_EXEC))
		return -EPERM;
	mutex_lock(&pf->lock);
	if ((!pf->dmabuf && !pf->page) || (vma->vm_pgoff && !cached) ||
	    vma->vm_end - vma->vm_start != PAGE_SIZE)
		goto out_unlock;
	rc = -EPERM;
	if (pf->is_ram && !pf->page)
		goto out_unlock;
	vm_flags_clear(vma, VM_MAYWRITE | VM_MAYEXEC);
	/* No device memory: the fault of an unaligned load would look like a refusal. */
	if (!cached && !pf->page)
		vma->vm_page_prot = pgprot_writecombine(vma->vm_page_prot);
	rc = remap_pfn_range(vma, vma->vm_start, PHYS_PFN(pf->addr), PAGE_SIZE,
			     vma->vm_page_prot);
out_unlock:
	mutex_unlock(&pf->lock);
	return rc;
}

static int prove_open(struct inode *inode, struct file *filp)
{
	struct prove_file *pf;
	int rc;

	if (!capable(CAP_SYS_RAWIO))
		return -EPERM;
	rc = security_locked_down(LOCKDOWN_DEV_MEM);
	if (rc)
		return rc;
	pf = kzalloc(sizeof(*pf), GFP_KERNEL);
	if (!pf)
		return -ENOMEM;
	mutex_init(&pf->lock);
	filp->private_data = pf;
	return 0;
}

/* Mappings of user space hold the file, so none is left. */
static int prove_release(struct inode *inode, struct file *filp)
{
	struct prove_file *pf = filp->private_data;

	if (pf->uncached)
		iounmap(pf->uncached);
	if (pf->cached)
		memunmap(pf->cached);
	if (pf->dmabuf)
		dma_buf_put(pf->dmabuf);
	if (pf->page)
		__free_page(pf->page);
	kfree(pf);
	return 0;
}

static const struct file_operations prove_fops = {
	.owner = THIS_MODULE,
	.open = prove_open,
	.release = prove_release,
	.unlocked_ioctl = prove_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.mmap = prove_mmap,
};

static struct miscdevice prove_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "rstmem_prove",
	.fops = &prove_fops,
	.mode = 0600,
};

static int __init prove_module_init(void)
{
	int rc = misc_register(&prove_misc);

	if (!rc)
		prove_dmaengine_init();
	return rc;
}
module_init(prove_module_init);

static void __exit prove_module_exit(void)
{
	prove_dmaengine_exit();
	misc_deregister(&prove_misc);
}
module_exit(prove_module_exit);

MODULE_DESCRIPTION("Tries to read restricted memory, for rstmem doctor --prove");
MODULE_LICENSE("GPL");
MODULE_INFO(import_ns, "DMA_BUF");
