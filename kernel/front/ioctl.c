// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ioctl front end: commands of TEE devices that concern restricted memory. The
 * contract is in include/uapi/linux/tee_rstmem.h.
 */
#include <linux/build_bug.h>
#include <linux/dma-buf.h>
#include <linux/err.h>
#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/uaccess.h>

#include "../core/buffer.h"
#include "../core/device.h"
#include "../core/dmabuf.h"
#include "ioctl.h"

static long ioctl_alloc(struct tee_context *ctx, void __user *arg)
{
	struct tee_ioctl_rstmem_alloc_data data;
	struct rstmem_request req = { .for_user = true };
	struct rstmem_buffer *buf;
	struct dma_buf *dmabuf;
	int fd, rc;

	static_assert(sizeof(data) == 24);

	if (copy_from_user(&data, arg, sizeof(data)))
		return -EFAULT;
	if (data.pad)
		return -EINVAL;

	req.flags = data.flags;
	req.use_case = data.use_case;
	req.size = data.size;
	dmabuf = rstmem_dmabuf_create(ctx->teedev, &req, O_RDWR);
	if (IS_ERR(dmabuf))
		return PTR_ERR(dmabuf);
	buf = rstmem_dmabuf_buffer(dmabuf);
	rc = buf->offer->rdev->id_ops->create(ctx, buf);
	if (rc < 0)
		goto err_put_dmabuf;
	data.id = rc;
	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0) {
		rc = fd;
		goto err_put_dmabuf;
	}

	data.size = buf->shm.size;
	data.flags = buf->flags;
	if (copy_to_user(arg, &data, sizeof(data))) {
		rc = -EFAULT;
		goto err_put_fd;
	}

	/* Another thread can use the descriptor from here on, so nothing may fail. */
	fd_install(fd, dmabuf->file);
	return fd;

err_put_fd:
	put_unused_fd(fd);
err_put_dmabuf:
	/* Ends the id too. */
	dma_buf_put(dmabuf);
	return rc;
}

/*
 * Get the dma-buf of a descriptor, with a reference, if it is restricted memory.
 * Returns ERR_PTR otherwise: -EBADF, -EINVAL for another kind of file, -ENOIOCTLCMD
 * for a dma-buf of another exporter.
 */
static struct dma_buf *restricted_dmabuf_get(s64 fd)
{
	struct dma_buf *dmabuf;

	if (fd < 0 || fd > INT_MAX)
		return ERR_PTR(-EBADF);
	dmabuf = dma_buf_get(fd);
	if (!IS_ERR(dmabuf) && !rstmem_dmabuf_buffer(dmabuf)) {
		dma_buf_put(dmabuf);
		return ERR_PTR(-ENOIOCTLCMD);
	}
	return dmabuf;
}

static long ioctl_register_fd(struct tee_context *ctx, void __user *arg)
{
	struct tee_ioctl_shm_register_fd_data data;
	struct tee_rstmem_device *rdev;
	struct rstmem_buffer *buf;
	struct dma_buf *dmabuf;
	struct file *filp;
	int fd, rc;

	static_assert(sizeof(data) == 24);

	if (copy_from_user(&data, arg, sizeof(data)))
		return -EFAULT;
	dmabuf = restricted_dmabuf_get(data.fd);
	if (IS_ERR(dmabuf))
		return PTR_ERR(dmabuf);
	buf = rstmem_dmabuf_buffer(dmabuf);
	rdev = buf->offer->rdev;

	rc = -EINVAL;
	if (data.flags)
		goto err_put_dmabuf;
	rc = -EXDEV;
	if (rdev->ctx.teedev != ctx->teedev)
		goto err_put_dmabuf;
	/* The TEE device may have another backend by now. */
	rc = -ENODEV;
	if (rstmem_device_is_unplugged(rdev))
		goto err_put_dmabuf;

	filp = rdev->id_ops->register_file(ctx, buf, &data.id);
	if (IS_ERR(filp)) {
		rc = PTR_ERR(filp);
		goto err_put_dmabuf;
	}
	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0) {
		rc = fd;
		goto err_put_file;
	}

	data.size = buf->shm.size;
	data.flags = buf->flags;
	if (copy_to_user(arg, &data, sizeof(data))) {
		rc = -EFAULT;
		goto err_put_fd;
	}

	fd_install(fd, filp);
	dma_buf_put(dmabuf);
	return fd;

err_put_fd:
	put_unused_fd(fd);
err_put_file:
	/* Ends the id too. */
	fput(filp);
err_put_dmabuf:
	dma_buf_put(dmabuf);
	return rc;
}

static long ioctl_fd_info(void __user *arg, size_t size)
{
	struct tee_ioctl_rstmem_fd_info data;
	struct tee_rstmem_info info;
	struct rstmem_buffer *buf;
	struct dma_buf *dmabuf;
	int rc;

	static_assert(sizeof(data) == TEE_IOC_RSTMEM_FD_INFO_SIZE_VER0);

	if (size < TEE_IOC_RSTMEM_FD_INFO_SIZE_VER0)
		return -EINVAL;
	rc = copy_struct_from_user(&data, sizeof(data), arg, size);
	if (rc)
		return rc;
	if (data.flags || data.pad)
		return -EINVAL;
	dmabuf = restricted_dmabuf_get(data.fd);
	if (dmabuf == ERR_PTR(-ENOIOCTLCMD))
		return -EOPNOTSUPP;
	if (IS_ERR(dmabuf))
		return PTR_ERR(dmabuf);

	buf = rstmem_dmabuf_buffer(dmabuf);
	rstmem_buffer_info(buf, &info);
	data.size = info.size;
	data.flags = info.flags;
	data.use_case = info.use_case;
	data.device = rstmem_device_is_unplugged(buf->offer->rdev) ?
		      -1 : info.teedev->id;
	dma_buf_put(dmabuf);
	return copy_to_user(arg, &data, min(size, sizeof(data))) ? -EFAULT : 0;
}

/* Answer a query. Called inside rstmem_device_enter(). */
static int query_device(struct tee_rstmem_device *rdev,
			struct tee_ioctl_rstmem_query *query)
{
	struct tee_rstmem_usage usage = {};
	struct rstmem_offer *offer;

	if (!rdev->use_cases)
		return -EOPNOTSUPP;
	if (query->use_case != TEE_IOC_UC_RESERVED) {
		offer = rstmem_device_offer(rdev, query->use_case);
		if (IS_ERR(offer))
			return PTR_ERR(offer);
		rstmem_device_usage(rdev, query->use_case, &usage);
	}

	query->use_cases = rdev->use_cases;
	query->granule = usage.granule;
	query->total = usage.total;
	query->used = usage.used;
	query->largest_free = usage.largest_free;
	query->buffers = usage.buffers;
	query->caps = usage.caps;
	query->floor = usage.floor;
	query->most = usage.most;
	return 0;
}

static long ioctl_query(struct tee_context *ctx, void __user *arg, size_t size)
{
	struct tee_ioctl_rstmem_query query;
	struct tee_rstmem_device *rdev;
	int idx, rc;

	static_assert(sizeof(query) == TEE_IOC_RSTMEM_QUERY_SIZE_VER1);

	if (size < TEE_IOC_RSTMEM_QUERY_SIZE_VER0)
		return -EINVAL;
	rc = copy_struct_from_user(&query, sizeof(query), arg, size);
	if (rc)
		return rc;
	if (query.flags)
		return -EINVAL;

	rdev = rstmem_device_enter(ctx->teedev, TEE_IOC_UC_RESERVED, &idx);
	if (!rdev)
		return -ENODEV;
	rc = query_device(rdev, &query);
	rstmem_device_exit(idx);
	if (rc)
		return rc;
	if (copy_to_user(arg, &query, min(size, sizeof(query))))
		return -EFAULT;
	return 0;
}

/* Compare commands without their size, which differs between versions. */
static bool ioctl_nr_match(unsigned int cmd, unsigned int known)
{
	return !((cmd ^ known) & ~IOCSIZE_MASK);
}

/**
 * rstmem_ioctl_handles() - check whether a command of a TEE device may concern
 * restricted memory
 * @cmd:	ioctl command
 *
 * Return: true when rstmem_ioctl() serves it.
 */
bool rstmem_ioctl_handles(unsigned int cmd)
{
	return cmd == TEE_IOC_RSTMEM_ALLOC || cmd == TEE_IOC_SHM_REGISTER_FD ||
	       ioctl_nr_match(cmd, TEE_IOC_RSTMEM_QUERY) ||
	       ioctl_nr_match(cmd, TEE_IOC_RSTMEM_FD_INFO);
}

/**
 * rstmem_ioctl() - serve a command
 * @ctx:	the context of the open file
 * @cmd:	a command that rstmem_ioctl_handles() accepts
 * @arg:	user pointer to the command's structure
 *
 * May sleep.
 *
 * Return: as the uapi header says, errors as -errno; -ENOIOCTLCMD for
 * TEE_IOC_SHM_REGISTER_FD of a dma-buf that is not restricted memory.
 */
long rstmem_ioctl(struct tee_context *ctx, unsigned int cmd, void __user *arg)
{
	u64 use_cases;

	if (cmd == TEE_IOC_RSTMEM_ALLOC)
		return ioctl_alloc(ctx, arg);
	if (cmd == TEE_IOC_SHM_REGISTER_FD)
		return ioctl_register_fd(ctx, arg);
	if (ioctl_nr_match(cmd, TEE_IOC_RSTMEM_QUERY))
		return ioctl_query(ctx, arg, _IOC_SIZE(cmd));
	if (!rstmem_device_exists(ctx->teedev, &use_cases))
		return -ENODEV;
	return ioctl_fd_info(arg, _IOC_SIZE(cmd));
}
