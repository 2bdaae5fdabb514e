// SPDX-License-Identifier: GPL-2.0-only
/*
 * The debugfs front end: a list of all buffers.
 *
 * rstmem/buffers has a line for each live buffer, also after its device is gone. A line
 * consists of words KEY=VALUE in any order. Keys may be added.
 *
 *	ino=		inode of the dma-buf, "-" when the dma-buf is gone
 *	account=	TEE device and use case, as in sysfs
 *	size=		bytes
 *	age_ms=		milliseconds since the allocation
 *	uid= pid= comm=	user and process of the allocation; uid=kernel without a user
 *	refs=		references: dma-buf, ids, calls of the TEE with an ended id
 *	importers=	attached devices that have mapped the buffer, with commas between
 *			them, or "-"
 *	gone=		1 when the TEE device is gone
 *
 * White space, commas and backslashes in names are escaped like \040.
 */
#include <linux/cred.h>
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/seq_file.h>

#include "../core/buffer.h"
#include "../core/dmabuf.h"
#include "debugfs.h"

#define ESCAPED	" \t\n\\,"

/* Called with the lock of the buffer's account held. */
static void buffer_show(const struct rstmem_charge *charge, void *arg)
{
	const struct rstmem_buffer *buf = charge_to_buffer(charge);
	kuid_t uid = rstmem_charge_uid(charge);
	const struct rstmem_attachment *a;
	struct seq_file *m = arg;
	const char *between = "";

	/* seq_file calls again with a larger buffer. */
	if (seq_has_overflowed(m))
		return;
	if (READ_ONCE(buf->exported))
		seq_printf(m, "ino=%lu", buf->ino);
	else
		seq_puts(m, "ino=-");
	seq_printf(m, " account=%s size=%zu age_ms=%llu",
		   dev_name(&buf->offer->dev), buf->shm.size,
		   jiffies64_to_msecs(get_jiffies_64() - buf->alloc_time));
	if (uid_valid(uid))
		seq_printf(m, " uid=%u", from_kuid_munged(seq_user_ns(m), uid));
	else
		seq_puts(m, " uid=kernel");
	seq_printf(m, " pid=%d comm=", buf->pid);
	seq_escape(m, buf->comm, ESCAPED);
	seq_printf(m, " refs=%u importers=", kref_read(&buf->ref));
	if (list_empty(&buf->attachments))
		seq_putc(m, '-');
	list_for_each_entry(a, &buf->attachments, node) {
		seq_puts(m, between);
		seq_escape(m, dev_name(a->dev), ESCAPED);
		between = ",";
	}
	seq_printf(m, " gone=%d\n", rstmem_device_is_unplugged(buf->offer->rdev));
}

static int buffers_show(struct seq_file *m, void *v)
{
	rstmem_account_walk(buffer_show, m);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(buffers);

static struct dentry *root;

/**
 * rstmem_debugfs_init() - prepare, when the module is loaded
 */
void rstmem_debugfs_init(void)
{
	root = debugfs_create_dir("rstmem", NULL);
	debugfs_create_file("buffers", 0400, root, NULL, &buffers_fops);
}

/**
 * rstmem_debugfs_exit() - undo rstmem_debugfs_init()
 */
void rstmem_debugfs_exit(void)
{
	debugfs_remove(root);
}
