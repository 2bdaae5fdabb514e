// SPDX-License-Identifier: GPL-2.0-only
/*
 * A DRM/KMS driver: programs show dma-bufs by PRIME, and buffers of the driver's own, which
 * some programs want to begin with. Nothing maps an imported buffer for the CPU.
 */
#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/timer.h>
#include <drm/drm_atomic.h>
#include <drm/drm_atomic_helper.h>
#include <drm/drm_drv.h>
#include <drm/drm_edid.h>
#include <drm/drm_fourcc.h>
#include <drm/drm_framebuffer.h>
#include <drm/drm_gem.h>
#include <drm/drm_gem_atomic_helper.h>
#include <drm/drm_gem_framebuffer_helper.h>
#include <drm/drm_ioctl.h>
#include <drm/drm_managed.h>
#include <drm/drm_prime.h>
#include <drm/drm_print.h>
#include <drm/drm_probe_helper.h>
#include <drm/drm_simple_kms_helper.h>
#include <drm/drm_vblank.h>

#include "ramfb.h"

#define REFRESH_HZ	60

/**
 * struct kms - the DRM device
 * @drm:	its base
 * @pipe:	its only output
 * @connector:	where a screen is always connected
 * @vblank:	ramfb has no vertical blank, so a timer makes one
 */
struct kms {
	struct drm_device drm;
	struct drm_simple_display_pipe pipe;
	struct drm_connector connector;
	struct timer_list vblank;
};

/**
 * struct kms_buffer - a buffer
 * @gem:	its base
 * @addr:	DMA address of a buffer of the driver's own
 * @vaddr:	where the kernel has it; NULL for an imported one
 * @sgt:	mapping of an imported buffer
 */
struct kms_buffer {
	struct drm_gem_object gem;
	dma_addr_t addr;
	void *vaddr;
	struct sg_table *sgt;
};

static struct kms *kms;

static struct kms_buffer *to_buffer(struct drm_gem_object *gem)
{
	return container_of(gem, struct kms_buffer, gem);
}

static void buffer_free(struct drm_gem_object *gem)
{
	struct kms_buffer *buf = to_buffer(gem);

	if (buf->sgt)
		drm_prime_gem_destroy(gem, buf->sgt);
	if (buf->vaddr)
		dma_free_coherent(gem->dev->dev, gem->size, buf->vaddr,
				  buf->addr);
	drm_gem_object_release(gem);
	kfree(buf);
}

static int buffer_mmap(struct drm_gem_object *gem, struct vm_area_struct *vma)
{
	struct kms_buffer *buf = to_buffer(gem);

	if (!buf->vaddr)
		return -EINVAL;
	vm_flags_set(vma, VM_DONTEXPAND | VM_DONTDUMP);
	/* DRM puts the place of the buffer there. */
	vma->vm_pgoff -= drm_vma_node_start(&gem->vma_node);
	return dma_mmap_coherent(gem->dev->dev, vma, buf->vaddr, buf->addr,
				 gem->size);
}

static const struct vm_operations_struct buffer_vm_ops = {
	.open = drm_gem_vm_open,
	.close = drm_gem_vm_close,
};

static const struct drm_gem_object_funcs buffer_funcs = {
	.free = buffer_free,
	.mmap = buffer_mmap,
	.vm_ops = &buffer_vm_ops,
};

static struct kms_buffer *buffer_alloc(struct drm_device *drm, size_t size)
{
	struct kms_buffer *buf = kzalloc(sizeof(*buf), GFP_KERNEL);

	if (!buf)
		return NULL;
	buf->gem.funcs = &buffer_funcs;
	drm_gem_private_object_init(drm, &buf->gem, size);
	return buf;
}

static int kms_dumb_create(struct drm_file *file, struct drm_device *drm,
			   struct drm_mode_create_dumb *args)
{
	struct kms_buffer *buf;
	int rc;

	if (args->bpp != 32 || args->width > RAMFB_MAX_SIDE ||
	    args->height > RAMFB_MAX_SIDE)
		return -EINVAL;
	args->pitch = 4 * args->width;
	args->size = PAGE_ALIGN((u64)args->pitch * args->height);

	buf = buffer_alloc(drm, args->size);
	if (!buf)
		return -ENOMEM;
	buf->vaddr = dma_alloc_coherent(drm->dev, args->size, &buf->addr,
					GFP_KERNEL | __GFP_NOWARN);
	rc = buf->vaddr ? drm_gem_create_mmap_offset(&buf->gem) : -ENOMEM;
	if (!rc)
		rc = drm_gem_handle_create(file, &buf->gem, &args->handle);
	drm_gem_object_put(&buf->gem);
	return rc;
}

static struct drm_gem_object *kms_import(struct drm_device *drm,
					 struct dma_buf *dmabuf)
{
	int rc = ramfb_check_use_case(dmabuf);

	return rc ? ERR_PTR(rc) : drm_gem_prime_import(drm, dmabuf);
}

static struct drm_gem_object *
kms_import_sgt(struct drm_device *drm, struct dma_buf_attachment *attach,
	       struct sg_table *sgt)
{
	struct kms_buffer *buf;

	/* It is scanned out in one piece. */
	if (sgt->nents != 1 || sg_dma_len(sgt->sgl) < attach->dmabuf->size)
		return ERR_PTR(-EINVAL);
	buf = buffer_alloc(drm, attach->dmabuf->size);
	if (!buf)
		return ERR_PTR(-ENOMEM);
	buf->sgt = sgt;
	return &buf->gem;
}

DEFINE_DRM_GEM_FOPS(kms_fops);

static const struct drm_driver kms_driver = {
	.driver_features = DRIVER_GEM | DRIVER_MODESET | DRIVER_ATOMIC,
	.fops = &kms_fops,
	.dumb_create = kms_dumb_create,
	.gem_prime_import = kms_import,
	.gem_prime_import_sg_table = kms_import_sgt,
	.name = "rstmem_ramfb",
	.desc = "restricted memory on QEMU's ramfb",
	.major = 1,
};

static dma_addr_t fb_addr(const struct drm_framebuffer *fb)
{
	const struct kms_buffer *buf = to_buffer(fb->obj[0]);

	return (buf->sgt ? sg_dma_address(buf->sgt->sgl) : buf->addr) +
	       fb->offsets[0];
}

static struct ramfb_mode fb_mode(const struct drm_framebuffer *fb)
{
	return (struct ramfb_mode){
		.addr = fb_addr(fb),
		.width = fb->width,
		.height = fb->height,
		.stride = fb->pitches[0],
	};
}

/* The framebuffer is as large as the mode: the helper has checked that the mode fits. */
static int pipe_check(struct drm_simple_display_pipe *pipe,
		      struct drm_plane_state *plane,
		      struct drm_crtc_state *crtc)
{
	struct ramfb_mode mode;

	if (!plane->fb)
		return 0;
	mode = fb_mode(plane->fb);
	if (plane->fb->width != crtc->mode.hdisplay ||
	    plane->fb->height != crtc->mode.vdisplay)
		return -EINVAL;
	return ramfb_mode_check(&mode, plane->fb->offsets[0],
				plane->fb->obj[0]->size);
}

static void pipe_show(struct drm_simple_display_pipe *pipe)
{
	struct ramfb_mode mode = fb_mode(pipe->plane.state->fb);

	if (ramfb_show(&mode))
		drm_err_once(pipe->crtc.dev, "ramfb does not answer\n");
}

static void pipe_enable(struct drm_simple_display_pipe *pipe,
			struct drm_crtc_state *crtc,
			struct drm_plane_state *plane)
{
	pipe_show(pipe);
	drm_crtc_vblank_on(&pipe->crtc);
}

/* Before the framebuffer may go. */
static void pipe_disable(struct drm_simple_display_pipe *pipe)
{
	drm_crtc_vblank_off(&pipe->crtc);
	if (ramfb_blank())
		drm_err_once(pipe->crtc.dev, "ramfb does not answer\n");
}

static void pipe_update(struct drm_simple_display_pipe *pipe,
			struct drm_plane_state *old)
{
	struct drm_crtc *crtc = &pipe->crtc;
	struct drm_pending_vblank_event *event = crtc->state->event;

	if (pipe->plane.state->fb && crtc->state->active)
		pipe_show(pipe);
	if (!event)
		return;
	crtc->state->event = NULL;
	spin_lock_irq(&crtc->dev->event_lock);
	if (crtc->state->active && !drm_crtc_vblank_get(crtc))
		drm_crtc_arm_vblank_event(crtc, event);
	else
		drm_crtc_send_vblank_event(crtc, event);
	spin_unlock_irq(&crtc->dev->event_lock);
}

static void vblank_tick(struct timer_list *timer)
{
	struct kms *k = container_of(timer, struct kms, vblank);

	/* False when vertical blanks are off. */
	if (drm_crtc_handle_vblank(&k->pipe.crtc))
		mod_timer(timer, jiffies + HZ / REFRESH_HZ);
}

static int pipe_enable_vblank(struct drm_simple_display_pipe *pipe)
{
	struct kms *k = container_of(pipe, struct kms, pipe);

	mod_timer(&k->vblank, jiffies + HZ / REFRESH_HZ);
	return 0;
}

/* With the lock held that the tick takes, so it may still be running afterwards. */
static void pipe_disable_vblank(struct drm_simple_display_pipe *pipe)
{
	struct kms *k = container_of(pipe, struct kms, pipe);

	timer_delete(&k->vblank);
}

static const struct drm_simple_display_pipe_funcs pipe_funcs = {
	.check = pipe_check,
	.enable = pipe_enable,
	.disable = pipe_disable,
	.update = pipe_update,
	.enable_vblank = pipe_enable_vblank,
	.disable_vblank = pipe_disable_vblank,
};

static int connector_get_modes(struct drm_connector *connector)
{
	int count = drm_add_modes_noedid(connector, RAMFB_MAX_SIDE,
					 RAMFB_MAX_SIDE);

	drm_set_preferred_mode(connector, 1024, 768);
	return count;
}

static const struct drm_connector_helper_funcs connector_helper_funcs = {
	.get_modes = connector_get_modes,
};

static const struct drm_connector_funcs connector_funcs = {
	.fill_modes = drm_helper_probe_single_connector_modes,
	.destroy = drm_connector_cleanup,
	.reset = drm_atomic_helper_connector_reset,
	.atomic_duplicate_state = drm_atomic_helper_connector_duplicate_state,
	.atomic_destroy_state = drm_atomic_helper_connector_destroy_state,
};

/*
 * As the helper's, but for the wait for a vertical blank at the end: ramfb has none. The
 * helper waits for 100 ms, and a virtual processor may not run for longer than that.
 */
static void commit_tail(struct drm_atomic_commit *commit)
{
	struct drm_device *drm = commit->dev;

	drm_atomic_helper_commit_modeset_disables(drm, commit);
	drm_atomic_helper_commit_planes(drm, commit, 0);
	drm_atomic_helper_commit_modeset_enables(drm, commit);
	drm_atomic_helper_fake_vblank(commit);
	drm_atomic_helper_commit_hw_done(commit);
	drm_atomic_helper_cleanup_planes(drm, commit);
}

static const struct drm_mode_config_helper_funcs mode_config_helper_funcs = {
	.atomic_commit_tail = commit_tail,
};

static const struct drm_mode_config_funcs mode_config_funcs = {
	.fb_create = drm_gem_fb_create,
	.atomic_check = drm_atomic_helper_check,
	.atomic_commit = drm_atomic_helper_commit,
};

static int modeset_init(struct kms *k)
{
	static const u32 formats[] = { DRM_FORMAT_XRGB8888 };
	struct drm_device *drm = &k->drm;
	int rc;

	rc = drmm_mode_config_init(drm);
	if (rc)
		return rc;
	drm->mode_config.min_width = RAMFB_MIN_SIDE;
	drm->mode_config.min_height = RAMFB_MIN_SIDE;
	drm->mode_config.max_width = RAMFB_MAX_SIDE;
	drm->mode_config.max_height = RAMFB_MAX_SIDE;
	drm->mode_config.preferred_depth = 24;
	drm->mode_config.funcs = &mode_config_funcs;
	drm->mode_config.helper_private = &mode_config_helper_funcs;

	rc = drm_connector_init(drm, &k->connector, &connector_funcs,
				DRM_MODE_CONNECTOR_VIRTUAL);
	if (rc)
		return rc;
	drm_connector_helper_add(&k->connector, &connector_helper_funcs);
	rc = drm_simple_display_pipe_init(drm, &k->pipe, &pipe_funcs, formats,
					  ARRAY_SIZE(formats), NULL,
					  &k->connector);
	if (rc)
		return rc;
	rc = drm_vblank_init(drm, 1);
	if (rc)
		return rc;
	drm_mode_config_reset(drm);
	return 0;
}

/**
 * ramfb_front_init() - let programs show buffers
 * @dev:	the display
 *
 * Return: 0 or -errno.
 */
int ramfb_front_init(struct device *dev)
{
	int rc;

	kms = devm_drm_dev_alloc(dev, &kms_driver, struct kms, drm);
	if (IS_ERR(kms))
		return PTR_ERR(kms);
	timer_setup(&kms->vblank, vblank_tick, 0);
	rc = modeset_init(kms);
	if (rc)
		return rc;
	return drm_dev_register(&kms->drm, 0);
}

/**
 * ramfb_front_deinit() - no program shows anything any more
 * @dev:	the display
 */
void ramfb_front_deinit(struct device *dev)
{
	drm_dev_unplug(&kms->drm);
	drm_atomic_helper_shutdown(&kms->drm);
	timer_shutdown_sync(&kms->vblank);
}
