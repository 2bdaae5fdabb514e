// SPDX-License-Identifier: GPL-2.0-only
/*
 * rstmem_broken: a TEE device whose ioctls do what they must not, so that tests can
 * see whether a test suite notices.
 *
 * It puts itself in front of the file operations of the first TEE device, and
 * changes what goes in or comes out, in the way that its parameter says at the
 * time. rstmem_bad_backend does the same to the backend.
 */
#include <linux/anon_inodes.h>
#include <linux/bits.h>
#include <linux/cdev.h>
#include <linux/dma-buf.h>
#include <linux/err.h>
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/tee_core.h>
#include <linux/tee_drv.h>
#include <linux/tee_rstmem.h>
#include <linux/uaccess.h>

#define IDS	32

static char way[32];
module_param_string(way, way, sizeof(way), 0644);
MODULE_PARM_DESC(way, "how to misbehave; nothing for not at all");

static struct tee_context *ctx;
static const struct file_operations *good_fops;
static struct file_operations broken_fops;

static DEFINE_MUTEX(lock);	/* guards all below */
static s32 ids[IDS];		/* last given out */
static unsigned int next_id;
static struct dma_buf *kept[64];
static unsigned int kept_count;

static bool is(const char *name)
{
	return sysfs_streq(way, name);
}

/* Nothing more can be done about a pointer that the real ioctl will find bad. */
#define write_user(value, to)	((void)!put_user(value, to))

static void before_alloc(struct tee_ioctl_rstmem_alloc_data __user *to,
			 const struct tee_ioctl_rstmem_alloc_data *data)
{
	if (is("flags-accepted") && data->flags)
		write_user(0, &to->flags);
	else if (is("use-case-accepted") && data->use_case &&
		 data->use_case > TEE_IOC_UC_SECURE_VIDEO_RECORD)
		write_user(TEE_IOC_UC_SECURE_VIDEO_PLAY, &to->use_case);
	else if (is("reserved-accepted") && !data->use_case)
		write_user(TEE_IOC_UC_SECURE_VIDEO_PLAY, &to->use_case);
	else if (is("pad-accepted") && data->pad)
		write_user(0, &to->pad);
	else if (is("size-zero") && !data->size)
		write_user(PAGE_SIZE, &to->size);
	else if (is("size-cut") && data->size > BIT_ULL(40))
		write_user(PAGE_SIZE, &to->size);
}

static void clear_cloexec(int fd)
{
	struct files_struct *files = current->files;

	spin_lock(&files->file_lock);
	__clear_bit(fd, files_fdtable(files)->close_on_exec);
	spin_unlock(&files->file_lock);
}

static int broken_mmap(struct dma_buf *dmabuf, struct vm_area_struct *vma)
{
	return 0;
}

/* The same buffer with one operation more. */
static void add_mmap(int fd)
{
	struct dma_buf *dmabuf = dma_buf_get(fd);
	static struct dma_buf_ops ops;

	if (IS_ERR(dmabuf))
		return;
	mutex_lock(&lock);
	if (!ops.mmap) {
		ops = *dmabuf->ops;
		ops.mmap = broken_mmap;
	}
	mutex_unlock(&lock);
	dmabuf->ops = &ops;
	dma_buf_put(dmabuf);
}

static void rename_exporter(int fd)
{
	struct dma_buf *dmabuf = dma_buf_get(fd);

	if (IS_ERR(dmabuf))
		return;
	dmabuf->exp_name = "broken";
	dma_buf_put(dmabuf);
}

static void remember_id(s32 id)
{
	mutex_lock(&lock);
	ids[next_id++ % IDS] = id;
	mutex_unlock(&lock);
}

static bool is_remembered(s32 id)
{
	bool found = false;
	unsigned int n;

	mutex_lock(&lock);
	for (n = 0; n < IDS; n++)
		found = found || ids[n] == id;
	mutex_unlock(&lock);
	return found;
}

static void after_alloc(struct tee_ioctl_rstmem_alloc_data __user *to,
			const struct tee_ioctl_rstmem_alloc_data *data, int fd)
{
	s32 id;

	if (!get_user(id, &to->id))
		remember_id(id);
	if (is("size-not-written"))
		write_user(data->size, &to->size);
	else if (is("flags-written"))
		write_user(1, &to->flags);
	else if (is("use-case-written"))
		write_user(0, &to->use_case);
	else if (is("id-zero"))
		write_user(0, &to->id);
	else if (is("id-same"))
		write_user(1, &to->id);
	else if (is("cloexec"))
		clear_cloexec(fd);
	else if (is("mmap"))
		add_mmap(fd);
	else if (is("exporter"))
		rename_exporter(fd);
}

static const struct file_operations nothing_fops = { .owner = THIS_MODULE };

static void leave_descriptor(void)
{
	struct file *filp;
	int fd;

	filp = anon_inode_getfile("[broken]", &nothing_fops, NULL, O_RDWR);
	if (IS_ERR(filp))
		return;
	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0)
		fput(filp);
	else
		fd_install(fd, filp);
}

/* Until the module goes. */
static void keep_memory(u32 use_case)
{
	struct dma_buf *dmabuf = tee_rstmem_alloc(ctx->teedev, 0, use_case,
						  PAGE_SIZE);

	if (IS_ERR(dmabuf))
		return;
	mutex_lock(&lock);
	if (kept_count < ARRAY_SIZE(kept)) {
		kept[kept_count++] = dmabuf;
		dmabuf = NULL;
	}
	mutex_unlock(&lock);
	if (dmabuf)
		dma_buf_put(dmabuf);
}

static long after_failure(struct tee_ioctl_rstmem_alloc_data __user *to,
			  const struct tee_ioctl_rstmem_alloc_data *data, long rc)
{
	if (is("written-on-failure"))
		write_user(0, &to->size);
	else if (is("fault-descriptor") && rc == -EFAULT)
		leave_descriptor();
	else if (is("fault-memory") && rc == -EFAULT)
		keep_memory(data->use_case);
	else if (is("fault-errno") && rc == -EFAULT)
		return -EINVAL;
	return rc;
}

static long broken_alloc(struct file *filp, unsigned int cmd, unsigned long arg)
{
	struct tee_ioctl_rstmem_alloc_data __user *user = (void __user *)arg;
	struct tee_ioctl_rstmem_alloc_data data;
	long rc;

	if (copy_from_user(&data, user, sizeof(data)))
		return good_fops->unlocked_ioctl(filp, cmd, arg);
	before_alloc(user, &data);
	rc = good_fops->unlocked_ioctl(filp, cmd, arg);
	if (rc < 0)
		return after_failure(user, &data, rc);
	after_alloc(user, &data, rc);
	return rc;
}

static long broken_register(struct file *filp, unsigned int cmd,
			    unsigned long arg)
{
	struct tee_ioctl_shm_register_fd_data __user *user = (void __user *)arg;
	struct tee_ioctl_shm_register_fd_data data;
	long rc;

	if (copy_from_user(&data, user, sizeof(data)))
		return good_fops->unlocked_ioctl(filp, cmd, arg);
	if (is("register-cut"))
		write_user((s64)(s32)data.fd, &user->fd);
	else if (is("register-flags"))
		write_user(0, &user->flags);
	rc = good_fops->unlocked_ioctl(filp, cmd, arg);
	if (rc >= 0 && is("register-cloexec"))
		clear_cloexec(rc);
	else if (rc >= 0 && is("register-size"))
		write_user(0, &user->size);
	return rc;
}

static long broken_query(struct file *filp, unsigned int cmd, unsigned long arg)
{
	struct tee_ioctl_rstmem_query __user *user = (void __user *)arg;

	if (is("query-flags"))
		write_user(0, &user->flags);
	return good_fops->unlocked_ioctl(filp, cmd, arg);
}

/* An id that anybody was given is taken for one of this file's. */
static long broken_session(struct file *filp, unsigned int cmd,
			   unsigned long arg)
{
	long rc = good_fops->unlocked_ioctl(filp, cmd, arg);
	struct tee_ioctl_open_session_arg session;
	struct tee_ioctl_param param;
	struct tee_ioctl_buf_data buf;

	if (rc != -EINVAL || !is("id-anywhere") ||
	    copy_from_user(&buf, (void __user *)arg, sizeof(buf)) ||
	    copy_from_user(&session, u64_to_user_ptr(buf.buf_ptr),
			   sizeof(session)) ||
	    session.num_params != 1 ||
	    copy_from_user(&param, u64_to_user_ptr(buf.buf_ptr + sizeof(session)),
			   sizeof(param)))
		return rc;
	return is_remembered(param.c) ? 0 : rc;
}

static long broken_ioctl(struct file *filp, unsigned int cmd, unsigned long arg)
{
	switch (cmd) {
	case TEE_IOC_RSTMEM_ALLOC:
		return broken_alloc(filp, cmd, arg);
	case TEE_IOC_SHM_REGISTER_FD:
		return broken_register(filp, cmd, arg);
	case TEE_IOC_RSTMEM_QUERY:
		return broken_query(filp, cmd, arg);
	case TEE_IOC_OPEN_SESSION:
		return broken_session(filp, cmd, arg);
	default:
		return good_fops->unlocked_ioctl(filp, cmd, arg);
	}
}

static int is_any(struct tee_ioctl_version_data *vers, const void *data)
{
	return 1;
}

static int __init broken_init(void)
{
	ctx = tee_client_open_context(NULL, is_any, NULL, NULL);
	if (IS_ERR(ctx))
		return PTR_ERR(ctx);

	/* Files that are open keep their operations. */
	good_fops = ctx->teedev->cdev.ops;
	broken_fops = *good_fops;
	broken_fops.owner = THIS_MODULE;
	broken_fops.unlocked_ioctl = broken_ioctl;
	ctx->teedev->cdev.ops = &broken_fops;
	return 0;
}
module_init(broken_init);

static void __exit broken_exit(void)
{
	ctx->teedev->cdev.ops = good_fops;
	while (kept_count)
		dma_buf_put(kept[--kept_count]);
	tee_client_close_context(ctx);
}
module_exit(broken_exit);

MODULE_DESCRIPTION("A TEE device whose ioctls misbehave, for tests of test suites");
MODULE_LICENSE("GPL");
MODULE_INFO(import_ns, "DMA_BUF");
