// SPDX-License-Identifier: GPL-2.0-only
/*
 * Buffers in debugfs: rstmem/buffers has a line for each that is alive, also of
 * devices that are gone, in any order. A line is words KEY=VALUE, in any order; keys
 * may be added.
 *
 *	ino=		inode of the dma-buf, "-" when that is gone
 *	account=	TEE device and use case, as in sysfs
 *	size=		bytes
 *	age_ms=		since it was allocated
 *	uid= pid= comm=	who asked for it; "kernel" for uid, white space in comm as
 *			\040 and the like
 *	refs=		references: dma-buf, registrations, ids that the TEE core knows,
 *			calls of the TEE
 *	importers=	devices attached, with a comma between them, or "-"
 *	gone=		1 when its device is
 */
#include <linux/cred.h>
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/seq_file.h>

#include "account.h"
#include "buffer.h"
#include "debugfs.h"
#include "device.h"

static void *buffers_op_start(struct seq_file *m, loff_t *pos)
{
	struct rstmem_cursor *cursor = m->private;

	if (!*pos) {
		rstmem_cursor_deinit(cursor);
		rstmem_cursor_init(cursor);
	}
	return rstmem_cursor_begin(cursor);
}

static void *buffers_op_next(struct seq_file *m, void *v, loff_t *pos)
{
	++*pos;
	return rstmem_cursor_next(m->private, v);
}

static void buffers_op_stop(struct seq_file *m, void *v)
{
	rstmem_cursor_end(m->private, v);
}

static int buffers_op_show(struct seq_file *m, void *v)
{
	const struct rstmem_buffer *buf = v;
	const struct rstmem_attachment *a;
	kuid_t uid = rstmem_charge_uid(&buf->charge);
	const char *between = "";

	if (buf->exported)
		seq_printf(m, "ino=%lu", buf->ino);
	else
		seq_puts(m, "ino=-");
	seq_printf(m, " account=%s size=%zu age_ms=%llu",
		   dev_name(&buf->account->dev), buf->shm.size,
		   jiffies64_to_msecs(get_jiffies_64() - buf->born));
	if (uid_valid(uid))
		seq_printf(m, " uid=%u",
			   from_kuid_munged(seq_user_ns(m), uid));
	else
		seq_puts(m, " uid=kernel");
	seq_printf(m, " pid=%d comm=", buf->pid);
	seq_escape(m, buf->comm, " \t\n\\");
	seq_printf(m, " refs=%u importers=", kref_read(&buf->ref));
	if (list_empty(&buf->attachments))
		seq_putc(m, '-');
	list_for_each_entry(a, &buf->attachments, node) {
		seq_printf(m, "%s%s", between, dev_name(a->dev));
		between = ",";
	}
	seq_printf(m, " gone=%d\n", rstmem_device_gone(buf->rdev));
	return 0;
}

static const struct seq_operations buffers_ops = {
	.start = buffers_op_start,
	.next = buffers_op_next,
	.stop = buffers_op_stop,
	.show = buffers_op_show,
};

static int buffers_open(struct inode *inode, struct file *filp)
{
	struct rstmem_cursor *cursor;

	cursor = __seq_open_private(filp, &buffers_ops, sizeof(*cursor));
	if (!cursor)
		return -ENOMEM;
	rstmem_cursor_init(cursor);
	return 0;
}

static int buffers_release(struct inode *inode, struct file *filp)
{
	struct seq_file *m = filp->private_data;

	rstmem_cursor_deinit(m->private);
	return seq_release_private(inode, filp);
}

static const struct file_operations buffers_fops = {
	.owner = THIS_MODULE,
	.open = buffers_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = buffers_release,
};

static struct dentry *root;

/**
 * rstmem_debugfs_init() - once, when the module is loaded
 */
void rstmem_debugfs_init(void)
{
	root = debugfs_create_dir("rstmem", NULL);
	debugfs_create_file("buffers", 0400, root, NULL, &buffers_fops);
}

/**
 * rstmem_debugfs_exit() - once, when the module is unloaded
 */
void rstmem_debugfs_exit(void)
{
	debugfs_remove(root);
}
