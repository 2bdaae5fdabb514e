// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ioctls of TEE devices that are about restricted memory. The contract is
 * in include/uapi/linux/tee_rstmem.h.
 */
#include <linux/build_bug.h>
#include <linux/dma-buf.h>
#include <linux/err.h>
#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/uaccess.h>

#include "buffer.h"
#include "device.h"
#include "dmabuf.h"
#include "ioctl.h"

/**
 * rstmem_ioctl_alloc() - serve TEE_IOC_RSTMEM_ALLOC
 * @ctx:	the context of the open file
 * @arg:	user pointer to the command's structure
 * @find:	returns the restricted memory of a TEE device, or NULL when that is
 *		gone. Called between rstmem_device_call_begin() and
 *		rstmem_device_call_end(), for which it need not take a reference
 *
 * May sleep.
 *
 * Return: the dma-buf's descriptor, errors as -errno.
 */
long rstmem_ioctl_alloc(struct tee_context *ctx, void __user *arg,
			struct tee_rstmem_device *
			(*find)(const struct tee_device *teedev))
{
	struct rstmem_request req = { .file_flags = O_RDWR, .for_user = true };
	struct tee_ioctl_rstmem_alloc_data __user *answer = arg;
	struct tee_ioctl_rstmem_alloc_data data;
	struct tee_rstmem_device *rdev;
	struct rstmem_buffer *buf;
	struct dma_buf *dmabuf;
	int fd, id, rc, token;

	static_assert(sizeof(data) == 24);

	if (copy_from_user(&data, arg, sizeof(data)))
		return -EFAULT;
	if (data.pad)
		return -EINVAL;

	req.flags = data.flags;
	req.use_case = data.use_case;
	req.size = data.size;
	token = rstmem_device_call_begin();
	rdev = find(ctx->teedev);
	dmabuf = rdev ? rstmem_dmabuf_create(rdev, &req) : ERR_PTR(-ENODEV);
	rstmem_device_call_end(token);
	if (IS_ERR(dmabuf))
		return PTR_ERR(dmabuf);

	/* From here on the buffer keeps the device. */
	buf = dmabuf->priv;
	id = buf->rdev->id_ops->bind(ctx, buf);
	if (id < 0) {
		rc = id;
		goto err_put_dmabuf;
	}
	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0) {
		rc = fd;
		goto err_put_dmabuf;
	}

	if (put_user(buf->shm.size, &answer->size) ||
	    put_user(buf->flags, &answer->flags) ||
	    put_user(id, &answer->id)) {
		rc = -EFAULT;
		goto err_put_fd;
	}

	/* Another thread can use the descriptor from here on: no way back. */
	fd_install(fd, dmabuf->file);
	return fd;

err_put_fd:
	put_unused_fd(fd);
err_put_dmabuf:
	/* Takes the id back too. */
	dma_buf_put(dmabuf);
	return rc;
}

/*
 * The dma-buf of a descriptor that is restricted memory, with a reference, or
 * ERR_PTR: -EBADF, -EINVAL when it is not a dma-buf, -ENOIOCTLCMD when it is
 * somebody else's.
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

static long ioctl_register_fd(struct tee_rstmem_device *rdev,
			      struct tee_context *ctx, void __user *arg)
{
	struct tee_ioctl_shm_register_fd_data data;
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

	rc = -EINVAL;
	if (data.flags)
		goto err_put_dmabuf;
	rc = -EXDEV;
	if (buf->rdev->ctx.teedev != ctx->teedev)
		goto err_put_dmabuf;
	/*
	 * What it was allocated from may be about to go, or have gone and come
	 * back as another.
	 */
	rc = -ENODEV;
	if (buf->rdev != rdev || rstmem_device_gone(buf->rdev))
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
	/* Takes the id back too. */
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
	data.device = rstmem_device_gone(buf->rdev) ? -1 : info.teedev->id;
	dma_buf_put(dmabuf);
	return copy_to_user(arg, &data, min(size, sizeof(data))) ? -EFAULT : 0;
}

static long ioctl_query(struct tee_rstmem_device *rdev, void __user *arg,
			size_t size)
{
	struct tee_ioctl_rstmem_query query;
	struct tee_rstmem_usage usage = {};
	int rc = 0, token;

	static_assert(sizeof(query) == TEE_IOC_RSTMEM_QUERY_SIZE_VER0);

	if (size < TEE_IOC_RSTMEM_QUERY_SIZE_VER0)
		return -EINVAL;
	rc = copy_struct_from_user(&query, sizeof(query), arg, size);
	if (rc)
		return rc;
	if (query.flags)
		return -EINVAL;
	if (!rdev->use_cases)
		return -EOPNOTSUPP;

	token = rstmem_device_call_begin();
	if (rstmem_device_gone(rdev))
		rc = -ENODEV;
	else if (query.use_case != TEE_IOC_UC_RESERVED)
		rc = rstmem_device_check(rdev, query.use_case);
	if (!rc && query.use_case != TEE_IOC_UC_RESERVED &&
	    rdev->ops->rstmem_query)
		rdev->ops->rstmem_query(&rdev->ctx, query.use_case, &usage);
	rstmem_device_call_end(token);
	if (rc)
		return rc;

	query.use_cases = rdev->use_cases;
	query.granule = usage.granule;
	query.total = usage.total;
	query.used = usage.used;
	query.largest_free = usage.largest_free;
	query.buffers = usage.buffers;
	query.caps = usage.caps;
	if (copy_to_user(arg, &query, min(size, sizeof(query))))
		return -EFAULT;
	return 0;
}

/* Whether it is @cmd but for the size, which differs between versions. */
static bool same_but_size(unsigned int cmd, unsigned int known)
{
	return !((cmd ^ known) & ~IOCSIZE_MASK);
}

/**
 * rstmem_ioctl_is_ours() - whether a command of a TEE device may be about
 * restricted memory
 * @cmd:	ioctl command
 *
 * Return: true when it is for rstmem_ioctl().
 */
bool rstmem_ioctl_is_ours(unsigned int cmd)
{
	return cmd == TEE_IOC_RSTMEM_ALLOC || cmd == TEE_IOC_SHM_REGISTER_FD ||
	       same_but_size(cmd, TEE_IOC_RSTMEM_QUERY) ||
	       same_but_size(cmd, TEE_IOC_RSTMEM_FD_INFO);
}

/**
 * rstmem_ioctl() - serve such a command but TEE_IOC_RSTMEM_ALLOC
 * @rdev:	the device; the caller has a reference. NULL when its restricted
 *		memory is gone
 * @ctx:	the context of the open file
 * @cmd:	one that rstmem_ioctl_is_ours()
 * @arg:	user pointer to the command's structure
 *
 * May sleep.
 *
 * Return: as the uapi header says, errors as -errno; -ENOIOCTLCMD for
 * TEE_IOC_SHM_REGISTER_FD of a dma-buf that is not restricted memory.
 */
long rstmem_ioctl(struct tee_rstmem_device *rdev, struct tee_context *ctx,
		  unsigned int cmd, void __user *arg)
{
	/* Of other dma-bufs, somebody else may still know what to do. */
	if (cmd == TEE_IOC_SHM_REGISTER_FD)
		return ioctl_register_fd(rdev, ctx, arg);
	if (!rdev)
		return -ENODEV;
	if (same_but_size(cmd, TEE_IOC_RSTMEM_FD_INFO))
		return ioctl_fd_info(arg, _IOC_SIZE(cmd));
	return ioctl_query(rdev, arg, _IOC_SIZE(cmd));
}
