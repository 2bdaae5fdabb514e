// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every failure injected: each operation is repeated, and each time the next of its
 * sites fails, an allocation or a copy from or to user space, until it ends before
 * there is one to fail. After each, nothing may be left of the operation, and when
 * nothing fails it must work. An operation that works although a site failed has
 * absorbed it, which is as good.
 *
 * Needs a kernel with fault injection, see Documentation/fault-injection in its
 * source: failslab, fail_page_alloc and fail_usercopy, and fail-nth, which is of a
 * task, so everything is done in one.
 *
 *	fail [calls | pages | bind | load]
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <linux/capability.h>
#include <linux/dma-heap.h>
#include <linux/tee_rstmem_services.h>

#include "../../include/tee_gp.h"
#include "../lib/account.h"
#include "../lib/edu.h"
#include "../lib/guest.h"
#include "../lib/ktap.h"
#include "../lib/target.h"
#include "../lib/tee.h"

#define VIDEO	TEE_IOC_UC_SECURE_VIDEO_PLAY
#define DEBUG	"/sys/kernel/debug/"
#define SIZE	(64 * KIB)
/* More than any operation has sites. */
#define MAX_SITES	20000

static const uint8_t cipher_uuid[] = RSTMEM_SVC_CIPHER_UUID;
static const uint8_t copy_uuid[] = RSTMEM_SVC_COPY_UUID;
static const uint8_t digest_uuid[] = RSTMEM_SVC_DIGEST_UUID;

/* What an operation has made, or was made for it; -1: not there. */
static struct {
	int tee, other;
	int buf, buf2, reg, heap, edu, file;
	int id;
	uint32_t session;
	struct tee_mem mem;
} s;

static int *const fds[] = {
	&s.file, &s.edu, &s.mem.fd, &s.reg, &s.buf, &s.buf2, &s.heap, &s.other,
	&s.tee,
};

static void forget(void)
{
	size_t n;

	for (n = 0; n < sizeof(fds) / sizeof(*fds); n++)
		*fds[n] = -1;
	s.mem.addr = NULL;
}

/* Closes what is open. Returns 0 or the first -errno. */
static int close_all(void)
{
	int rc = 0;
	size_t n;

	for (n = 0; n < sizeof(fds) / sizeof(*fds); n++) {
		if (*fds[n] >= 0 && close(*fds[n]) && !rc)
			rc = -errno;
		*fds[n] = -1;
	}
	return rc;
}

static void undo(void)
{
	if (s.mem.addr) {
		tee_mem_free(&s.mem);
		s.mem.addr = NULL;
		s.mem.fd = -1;
	}
	close_all();
}

/* 0, or -errno, of a call that returns -1; and of one that returns a descriptor. */
static int result(int rc)
{
	return rc < 0 ? -errno : 0;
}

static int opened(int fd)
{
	return fd < 0 ? fd : 0;
}

/* Injection. */

static int fail_nth;

static void knob(const char *what, const char *name, const char *value)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), DEBUG "%s/%s", what, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		ktap_bail("%s: %s", path, strerror(errno));
	close(fd);
}

static const char *const kinds[] = {
	"failslab", "fail_page_alloc", "fail_usercopy",
};

#define KINDS	(sizeof(kinds) / sizeof(*kinds))

/*
 * kmemleak notes every allocation in an object of its own, and gives up for good when
 * it can no longer get any. Whether those fail tells nothing: they are left out by the
 * function that makes them. lab/dirty knows what it says of one that it does without.
 */
#define KMEMLEAK	"__alloc_object"

/* Leaves out the sites that a function of the kernel leads to, and no others. */
static void leave_out(const char *function)
{
	unsigned long addr, start = 0, end = 0;
	FILE *f = fopen("/proc/kallsyms", "r");
	char name[128], first[32], last[32];
	size_t n;

	if (!f)
		ktap_bail("/proc/kallsyms: %s", strerror(errno));
	/* By address, up to the modules. */
	while (!end && fscanf(f, "%lx %*c %127s%*[^\n]", &addr, name) == 2) {
		if (!strcmp(name, function))
			start = addr;
		else if (start)
			end = addr;
	}
	fclose(f);
	if (!start || !end)
		ktap_bail("this kernel has no %s", function);
	snprintf(first, sizeof(first), "%#lx", start);
	snprintf(last, sizeof(last), "%#lx", end);
	for (n = 0; n < KINDS; n++) {
		knob(kinds[n], "reject-start", first);
		knob(kinds[n], "reject-end", last);
	}
}

static bool injection_start(void)
{
	size_t n;

	if (access(DEBUG "failslab", F_OK))
		return false;
	for (n = 0; n < KINDS; n++) {
		/* The kernel log is for what should not be. */
		knob(kinds[n], "verbose", "0");
		if (n < 2)
			knob(kinds[n], "ignore-gfp-wait", "N");
	}
	leave_out(KMEMLEAK);
	knob("fail_page_alloc", "ignore-gfp-highmem", "N");
	knob("fail_page_alloc", "min-order", "0");
	fail_nth = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	if (fail_nth < 0)
		ktap_bail("fail-nth: %s", strerror(errno));
	return true;
}

/*
 * From here on only sites count that a module's code leads to: loading one has hundreds
 * in the stock loader, which are none of ours. The range is where x86 has modules.
 */
static void injection_of_modules(void)
{
	size_t n;

	for (n = 0; n < KINDS; n++) {
		knob(kinds[n], "require-start", "0xffffffffc0000000");
		knob(kinds[n], "require-end", "0xffffffffff000000");
	}
}

/* From here on the task's site number @nth fails. */
static void fail_at(unsigned int nth)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", nth);

	if (pwrite(fail_nth, text, len, 0) != len)
		ktap_bail("fail-nth: %s", strerror(errno));
}

/* No more. Whether the site was reached. */
static bool fail_stop(void)
{
	char text[16] = "";
	bool hit;

	/* Both are sites themselves, and only one of them can be the one. */
	hit = pread(fail_nth, text, sizeof(text) - 1, 0) > 0 && !atoi(text);
	while (pwrite(fail_nth, "0", 1, 0) != 1)
		;
	return hit;
}

/* What must be as it was. */

static const char *const accounts[] = {
	VIDEO_ACCOUNT, "tee0,trusted-ui", "tee0,secure-video-record",
};

static const char *const modules[] = {
	"tee", "tee_rstmem", "softtee", "rstmem_heap", "rstmem_edu", "rstmem_fake",
};

struct state {
	int fds, crypto;
	int refs[sizeof(modules) / sizeof(*modules)];
};

static bool account_is_there(unsigned int n)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/class/rstmem/%s", accounts[n]);
	return !access(path, F_OK);
}

static bool softtee_is_there(void)
{
	return account_is_there(0);
}

static void look(struct state *state)
{
	char path[64];
	size_t n;
	int fd;

	state->fds = 0;
	for (fd = 0; fd < 64; fd++)
		state->fds += fcntl(fd, F_GETFD) >= 0;
	state->crypto = guest_crypto_users();
	for (n = 0; n < sizeof(modules) / sizeof(*modules); n++) {
		snprintf(path, sizeof(path), "/sys/module/%s/refcnt", modules[n]);
		state->refs[n] = guest_number(path);
	}
}

/* Whether all pools are empty, by all that tell of them. Says so if not. */
static bool empty(bool say)
{
	struct tee_ioctl_rstmem_query query;
	uint64_t used, buffers;
	bool ok = true;
	uint32_t uc;
	int tee;

	if (!softtee_is_there())
		return true;
	tee = open("/dev/tee0", O_RDWR | O_CLOEXEC);
	for (uc = 1; uc <= 3; uc++) {
		if (!account_is_there(uc - 1))
			continue;
		used = account_number(accounts[uc - 1], "used");
		buffers = account_number(accounts[uc - 1], "buffers");
		/* A node that devtmpfs had no memory for is not there. */
		if (tee < 0 || tee_query(tee, uc, &query))
			memset(&query, 0, sizeof(query));
		if (used || buffers || query.used || query.buffers) {
			ok = false;
			if (say)
				ktap_note("%s: %llu bytes, %llu buffers; the backend: %llu, %u",
					  accounts[uc - 1],
					  (unsigned long long)used,
					  (unsigned long long)buffers,
					  (unsigned long long)query.used,
					  query.buffers);
		}
	}
	if (tee >= 0)
		close(tee);
	if (account_buffers(NULL, NULL)) {
		ok = false;
		if (say)
			ktap_note("debugfs lists a buffer");
	}
	return ok;
}

static bool same(const struct state *was, bool say)
{
	struct state is;
	bool ok = true;
	size_t n;

	look(&is);
	if (is.fds != was->fds || is.crypto != was->crypto) {
		ok = false;
		if (say)
			ktap_note("%d descriptors, were %d; %d users of cryptography, were %d",
				  is.fds, was->fds, is.crypto, was->crypto);
	}
	for (n = 0; n < sizeof(modules) / sizeof(*modules); n++) {
		if (is.refs[n] == was->refs[n])
			continue;
		ok = false;
		if (say)
			ktap_note("references to %s: %d, were %d", modules[n],
				  is.refs[n], was->refs[n]);
	}
	return ok;
}

/* What was dropped may end a moment later. */
static bool settled(const struct state *was)
{
	int n;

	for (n = 0; n < 100; n++) {
		if (empty(false) && same(was, false))
			return true;
		usleep(10000);
	}
	return empty(true) & same(was, true);
}

/* Operations. */

struct op {
	const char *name;
	void (*prepare)(void);
	int (*run)(void);	/* 0, -errno or TEEC_ERROR_* */
	bool works;	/* whatever fails */
	int errors[3];	/* that are expected besides */
	const char *without;	/* sites that this function leads to */
	bool no_site;	/* may have none, if it works at once */
	void (*undo)(void);
};

static void prepare_nothing(void)
{
}

static void prepare_tee(void)
{
	s.tee = target_open();
}

static int buffer_of(int tee, int *id)
{
	int buf = tee_rstmem(tee, VIDEO, SIZE, id);

	if (buf < 0)
		ktap_bail("allocation: %s", strerror(-buf));
	return buf;
}

static void prepare_buf(void)
{
	prepare_tee();
	s.buf = buffer_of(s.tee, &s.id);
}

static void prepare_two(void)
{
	prepare_buf();
	s.other = target_open();
}

static int run_open(void)
{
	s.tee = open("/dev/tee0", O_RDWR | O_CLOEXEC);
	return result(s.tee);
}

static int run_version(void)
{
	struct tee_ioctl_version_data vers;

	return result(ioctl(s.tee, TEE_IOC_VERSION, &vers));
}

static int run_alloc(void)
{
	s.buf = tee_rstmem(s.tee, VIDEO, SIZE, NULL);
	return opened(s.buf);
}

static int run_query(void)
{
	struct tee_ioctl_rstmem_query query;

	return tee_query(s.tee, VIDEO, &query);
}

static int run_fd_info(void)
{
	struct tee_ioctl_rstmem_fd_info info;

	return tee_fd_info(s.tee, s.buf, &info);
}

static int run_register(void)
{
	s.reg = tee_register_fd(s.other, s.buf, NULL);
	return opened(s.reg);
}

static void prepare_registered(void)
{
	prepare_two();
	if (run_register())
		ktap_bail("registration");
}

static int run_deregister(void)
{
	int fd = s.reg;

	s.reg = -1;
	return result(close(fd));
}

static int run_session(const uint8_t *uuid)
{
	uint32_t ret = 0;
	int rc = tee_session(s.tee, uuid, &s.session, &ret, NULL);

	return rc ? rc : (int)ret;
}

static int run_session_cipher(void)
{
	return run_session(cipher_uuid);
}

static int run_session_copy(void)
{
	return run_session(copy_uuid);
}

static int run_session_digest(void)
{
	return run_session(digest_uuid);
}

/* A session and a page of normal memory for it. */
static void prepare_call(const uint8_t *uuid)
{
	prepare_buf();
	s.session = tee_service(s.tee, uuid);
	tee_mem_alloc(s.tee, 4 * KIB, &s.mem);
}

static int run_close_session(void)
{
	return tee_close_session(s.tee, s.session);
}

static void prepare_digest(void)
{
	prepare_call(digest_uuid);
}

static int run_call(uint32_t func, struct tee_ioctl_param *params,
		    unsigned int num)
{
	uint32_t ret = 0;
	int rc = tee_invoke(s.tee, s.session, func, 0, params, num, &ret, NULL);

	return rc ? rc : (int)ret;
}

/* With an id that the stock core does not know yet. */
static int run_digest(void)
{
	struct tee_ioctl_param params[] = {
		tee_in(s.id, 0, SIZE), tee_out(s.mem.id, 0, 32),
	};

	return run_call(RSTMEM_SVC_DIGEST_SHA256, params, 2);
}

static void prepare_copy(void)
{
	prepare_call(copy_uuid);
}

static int run_copy(void)
{
	struct tee_ioctl_param params[] = {
		tee_in(s.id, 0, SIZE / 2), tee_out(s.id, SIZE / 2, SIZE / 2),
	};

	return run_call(RSTMEM_SVC_COPY_COPY, params, 2);
}

static void prepare_cipher(void)
{
	prepare_call(cipher_uuid);
}

static int run_set_key(void)
{
	struct tee_ioctl_param params[] = {
		tee_in(s.mem.id, 0, 32), tee_in(s.mem.id, 32, 16),
	};

	return run_call(RSTMEM_SVC_CIPHER_SET_KEY, params, 2);
}

static void prepare_update(void)
{
	prepare_cipher();
	if (run_set_key())
		ktap_bail("no key");
}

static int run_update(void)
{
	struct tee_ioctl_param params[] = {
		tee_in(s.mem.id, 0, 4 * KIB), tee_out(s.id, 0, 4 * KIB),
	};

	return run_call(RSTMEM_SVC_CIPHER_UPDATE, params, 2);
}

static int run_shm_alloc(void)
{
	struct tee_ioctl_shm_alloc_data data = { .size = SIZE };

	s.mem.fd = ioctl(s.tee, TEE_IOC_SHM_ALLOC, &data);
	return result(s.mem.fd);
}

static int run_shm_register(void)
{
	static char mem[8 * KIB];
	struct tee_ioctl_shm_register_data data = {
		.addr = (uintptr_t)mem,
		.length = sizeof(mem),
	};

	s.mem.fd = ioctl(s.tee, TEE_IOC_SHM_REGISTER, &data);
	return result(s.mem.fd);
}

#define HEAP	"/dev/dma_heap/protected,secure-video"

static int run_heap_open(void)
{
	s.heap = open(HEAP, O_RDWR | O_CLOEXEC);
	return result(s.heap);
}

static void prepare_heap(void)
{
	if (run_heap_open())
		ktap_bail(HEAP ": %s", strerror(errno));
}

static int run_heap_alloc(void)
{
	struct dma_heap_allocation_data data = {
		.len = SIZE,
		.fd_flags = O_RDWR | O_CLOEXEC,
	};
	int rc = result(ioctl(s.heap, DMA_HEAP_IOCTL_ALLOC, &data));

	if (!rc)
		s.buf = data.fd;
	return rc;
}

static int run_edu_open(void)
{
	s.edu = open("/dev/rstmem_edu", O_RDWR | O_CLOEXEC);
	return result(s.edu);
}

/* The importer and a buffer that it may map. */
static void prepare_edu(void)
{
	prepare_buf();
	s.edu = edu_open();
	edu_mask(s.edu, 40);
}

static int run_map(void)
{
	return edu_map(s.edu, s.buf, RSTMEM_EDU_TO_DEVICE, NULL);
}

static void prepare_mapped(void)
{
	prepare_edu();
	if (run_map())
		ktap_bail("no mapping");
}

static int run_unmap(void)
{
	return edu_unmap(s.edu);
}

static int run_edu_info(void)
{
	return edu_info(s.edu, s.buf, NULL, NULL);
}

/* A backend with a list of pages, which an importer gets in many pieces. */
static void prepare_pages(void)
{
	s.tee = tee_open(FAKE_IMPL_ID);
	s.edu = edu_open();
	edu_mask(s.edu, 40);
}

static void prepare_edu_pages(void)
{
	prepare_pages();
	s.buf = buffer_of(s.tee, NULL);
}

static void prepare_mapped_pages(void)
{
	prepare_edu_pages();
	if (run_map())
		ktap_bail("no mapping");
}

/* Reads a file to its end. */
static int read_all(const char *path)
{
	char text[512];
	ssize_t n;

	s.file = open(path, O_RDONLY | O_CLOEXEC);
	if (s.file < 0)
		return -errno;
	do {
		n = read(s.file, text, sizeof(text));
	} while (n > 0);
	return result(n);
}

static int write_all(const char *path, const char *text)
{
	s.file = open(path, O_WRONLY | O_CLOEXEC);
	return s.file < 0 ? -errno : result(write(s.file, text, strlen(text)));
}

#define CLASS	"/sys/class/rstmem/" VIDEO_ACCOUNT "/"

static int run_read_used(void)
{
	return read_all(CLASS "used");
}

static int run_read_importers(void)
{
	return read_all(CLASS "importers");
}

static int run_read_buffers(void)
{
	return read_all(DEBUG "rstmem/buffers");
}

static int run_write_limit(void)
{
	return write_all(CLASS "limits/buffer_bytes", "max");
}

static int run_write_importers(void)
{
	return write_all(CLASS "importers", "driver:rstmem_*");
}

static void undo_importers(void)
{
	undo();
	if (account_write(VIDEO_ACCOUNT, "importers", "any"))
		ktap_bail("importers");
}

/* All that there can be at once. */
static void prepare_everything(void)
{
	prepare_digest();
	if (run_digest())
		ktap_bail("digest");
	tee_mem_free(&s.mem);
	s.mem.addr = NULL;
	s.mem.fd = -1;
	s.other = target_open();
	s.edu = edu_open();
	edu_mask(s.edu, 40);
	s.buf2 = buffer_of(s.other, NULL);
	if (run_register() || run_map())
		ktap_bail("no mapping, or no registration");
}

/* As if the hardware went, and came. */
static int run_unbind(void)
{
	return target_remove();
}

static int run_bind(void)
{
	return target_return();
}

static void bind_again(void)
{
	if (!softtee_is_there() && target_return())
		ktap_bail("softtee does not come back");
}

static void undo_bind(void)
{
	undo();
	bind_again();
}

static void prepare_unbound(void)
{
	if (target_remove())
		ktap_bail("softtee does not go");
}

/* Modules. */

static struct {
	const char *name;
	char path[256];
	char params[128];
} files[] = {
	{ .name = "rstmem_heap" }, { .name = "tee_rstmem" }, { .name = "softtee" },
};

/* Where modprobe would find them. */
static void find_modules(void)
{
	char path[256], line[1024], *name;
	struct utsname uts;
	size_t n;
	FILE *f;

	uname(&uts);
	snprintf(path, sizeof(path), "/lib/modules/%s/modules.dep", uts.release);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f)) {
		line[strcspn(line, ":")] = 0;
		for (n = 0; n < 3; n++) {
			char file[64];

			snprintf(file, sizeof(file), "/%s.ko", files[n].name);
			name = strstr(line, file);
			if (name && !name[strlen(file)])
				snprintf(files[n].path, sizeof(files[n].path),
					 "/lib/modules/%.60s/%.100s",
					 uts.release, line);
		}
	}
	if (f)
		fclose(f);
	/* One use case and its heap stand for all, which binding has. */
	f = fopen("/sys/module/softtee/parameters/pool", "r");
	if (!f || fscanf(f, "%100[^,]", line) != 1)
		ktap_bail("softtee has no pool");
	fclose(f);
	snprintf(files[2].params, sizeof(files[2].params), "pool=%.100s", line);
	for (n = 0; n < 3; n++)
		if (!*files[n].path)
			ktap_bail("no file of %s", files[n].name);
}

static bool is_loaded(int n)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/module/%s", files[n].name);
	return !access(path, F_OK);
}

static int load(int n)
{
	s.file = open(files[n].path, O_RDONLY | O_CLOEXEC);
	if (s.file < 0)
		return -errno;
	return result(syscall(SYS_finit_module, s.file, files[n].params, 0));
}

static int unload(int n)
{
	return result(syscall(SYS_delete_module, files[n].name, O_NONBLOCK));
}

/* Has modules up to, and not, number @n loaded. */
static void have_loaded(int n)
{
	int i, rc = 0;

	for (i = 2; i >= n; i--)
		if (is_loaded(i))
			rc = rc ? rc : unload(i);
	for (i = 0; i < n; i++) {
		if (!is_loaded(i))
			rc = rc ? rc : load(i);
		undo();
	}
	if (rc)
		ktap_bail("modules do not load or unload: %s", strerror(-rc));
}

static void have_none(void)
{
	have_loaded(0);
}

static void have_heap(void)
{
	have_loaded(1);
}

/* Fresh ones, so that softtee's use cases are the first to connect to heaps. */
static void have_core(void)
{
	have_loaded(0);
	have_loaded(2);
}

static void have_core_used(void)
{
	have_loaded(0);
	have_loaded(3);
	have_loaded(2);
}

static void have_heap_used(void)
{
	have_core_used();
	have_loaded(1);
}

static void have_all(void)
{
	have_loaded(3);
}

static int run_load_heap(void)
{
	return load(0);
}

static int run_load_core(void)
{
	return load(1);
}

static int run_load_softtee(void)
{
	return load(2);
}

static int run_unload_softtee(void)
{
	return unload(2);
}

static int run_unload_core(void)
{
	return unload(1);
}

static int run_unload_heap(void)
{
	return unload(0);
}

/* Without any, what is left can be seen. */
static void undo_modules(void)
{
	undo();
	have_none();
}

/* The same operation, again and again. */

static unsigned int all_sites, all_failed, all_absorbed;

/* What an allocation or a copy that failed makes of a call. */
static bool is_expected(const struct op *op, int rc)
{
	size_t n;

	for (n = 0; n < sizeof(op->errors) / sizeof(*op->errors); n++)
		if (rc == op->errors[n])
			return true;
	return rc == -ENOMEM || rc == -EFAULT ||
	       rc == (int)TEEC_ERROR_OUT_OF_MEMORY;
}

/* Runs it, with a failure unless @nth is 0. Returns its result. */
static int attempt(const struct op *op, unsigned int nth, bool *hit)
{
	int rc;

	op->prepare();
	fail_at(nth);
	rc = op->run();
	*hit = fail_stop() && nth;
	if (op->undo)
		op->undo();
	else
		undo();
	return rc;
}

static void torture(const struct op *op)
{
	unsigned int nth, failed = 0, absorbed = 0;
	struct state was;
	bool hit, ok = true;
	int rc;

	/* Once, for what is made once only, and to see what the rest is like. */
	rc = attempt(op, 0, &hit);
	if (rc) {
		ktap(false, "%s: works at first: %d", op->name, rc);
		return;
	}
	look(&was);
	leave_out(op->without ? op->without : KMEMLEAK);
	for (nth = 1; nth < MAX_SITES; nth++) {
		rc = attempt(op, nth, &hit);
		if (!hit) {
			if (rc)
				ktap_note("nothing failed, and it did: %d", rc);
			ok = ok && !rc;
			break;
		}
		if (!rc)
			absorbed++;
		else
			failed++;
		if (rc && (op->works || !is_expected(op, rc))) {
			ktap_note("site %u: returns %d (%s)", nth, rc,
				  rc < 0 && rc > -4096 ? strerror(-rc) : "TEE");
			ok = false;
		}
		if (!settled(&was)) {
			ktap_note("site %u: something is left", nth);
			ok = false;
		}
		rc = attempt(op, 0, &hit);
		if (rc) {
			ktap_note("site %u: after it the same fails: %d", nth, rc);
			ok = false;
		}
		if (!settled(&was)) {
			ktap_note("site %u: the next leaves something", nth);
			ok = false;
		}
		if (!ok)
			break;
	}
	ktap(ok && nth < MAX_SITES && (nth > 1 || op->no_site),
	     "%s: %u sites, %u failed it, %u absorbed", op->name,
	     failed + absorbed, failed, absorbed);
	all_sites += failed + absorbed;
	all_failed += failed;
	all_absorbed += absorbed;
}

#define OP(op_name, op_prepare, op_run, ...) \
	{ .name = op_name, .prepare = op_prepare, .run = op_run, ##__VA_ARGS__ }

static const struct op calls[] = {
	OP("open the TEE", prepare_nothing, run_open),
	OP("TEE_IOC_VERSION", prepare_tee, run_version),
	OP("TEE_IOC_RSTMEM_ALLOC", prepare_tee, run_alloc),
	OP("TEE_IOC_RSTMEM_QUERY", prepare_tee, run_query),
	OP("TEE_IOC_RSTMEM_FD_INFO", prepare_buf, run_fd_info),
	OP("TEE_IOC_SHM_REGISTER_FD in another context", prepare_two, run_register),
	OP("close of a registration", prepare_registered, run_deregister,
	   .works = true, .no_site = true),
	OP("TEE_IOC_SHM_ALLOC", prepare_tee, run_shm_alloc),
	OP("TEE_IOC_SHM_REGISTER", prepare_tee, run_shm_register),
	OP("open a session: cipher", prepare_tee, run_session_cipher),
	OP("open a session: copy", prepare_tee, run_session_copy),
	OP("open a session: digest", prepare_tee, run_session_digest),
	OP("close a session", prepare_digest, run_close_session),
	OP("invoke with a new id: digest", prepare_digest, run_digest),
	OP("invoke with a new id: copy", prepare_copy, run_copy),
	OP("invoke: set a key", prepare_cipher, run_set_key),
	OP("invoke: decrypt", prepare_update, run_update),
	OP("open a heap", prepare_nothing, run_heap_open),
	OP("DMA_HEAP_IOCTL_ALLOC", prepare_heap, run_heap_alloc),
	OP("open the importer", prepare_nothing, run_edu_open),
	OP("attach and map", prepare_edu, run_map),
	OP("unmap and detach", prepare_mapped, run_unmap, .works = true,
	   .no_site = true),
	OP("an importer's question", prepare_edu, run_edu_info),
	OP("read sysfs: used", prepare_buf, run_read_used),
	OP("read sysfs: importers", prepare_buf, run_read_importers),
	OP("read debugfs: buffers", prepare_registered, run_read_buffers),
	OP("write sysfs: a limit", prepare_nothing, run_write_limit),
	OP("write sysfs: importers", prepare_nothing, run_write_importers,
	   .undo = undo_importers),
	OP("close everything", prepare_everything, close_all, .works = true,
	   .no_site = true),
};

static const struct op page_calls[] = {
	OP("allocate a list of pages", prepare_pages, run_alloc),
	OP("attach and map a list of pages", prepare_edu_pages, run_map),
	OP("unmap and detach it", prepare_mapped_pages, run_unmap, .works = true,
	   .no_site = true),
	OP("close a list of pages", prepare_mapped_pages, close_all, .works = true,
	   .no_site = true),
};

/*
 * request_mem_region() is NULL when it has no memory for the claim as it is when the
 * range is somebody else's: that is EBUSY.
 */
static const struct op binding[] = {
	OP("unbind softtee", prepare_nothing, run_unbind, .undo = undo_bind),
	OP("bind softtee", prepare_unbound, run_bind, .errors = { -EBUSY },
	   .undo = undo_bind),
};

/*
 * kmem_cache_create() of 6.12 shows a stack when it fails, and forgets the cache's name
 * when it cannot have a directory in sysfs: both are the kernel's own, and the core has
 * nothing to undo there yet. module_add_driver() says EINVAL for its directory, and what
 * the driver core meets before it calls the driver it keeps to itself: ENODEV then.
 */
static const struct op loading[] = {
	OP("load rstmem_heap", have_none, run_load_heap, .undo = undo_modules),
	OP("load tee_rstmem", have_heap, run_load_core,
	   .without = "__kmem_cache_create_args", .undo = undo_modules),
	OP("load softtee", have_core, run_load_softtee,
	   .errors = { -EBUSY, -EINVAL, -ENODEV },
	   .undo = undo_modules),
	OP("unload softtee", have_all, run_unload_softtee, .undo = undo_modules),
	OP("unload tee_rstmem", have_core_used, run_unload_core,
	   .undo = undo_modules),
	OP("unload rstmem_heap", have_heap_used, run_unload_heap,
	   .undo = undo_modules),
};

static void torture_all(const struct op *ops, size_t num)
{
	size_t n;

	for (n = 0; n < num; n++)
		torture(&ops[n]);
}

#define TORTURE(ops)	torture_all(ops, sizeof(ops) / sizeof(*(ops)))

/*
 * Root is above the limits by a capability, and without it notices at once what is
 * left of a charge: it may have what the operations need and no more.
 */
static void be_limited(void)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2];
	char text[32];
	size_t n;

	if (syscall(SYS_capget, &head, data))
		ktap_bail("capget: %s", strerror(errno));
	data[0].effective &= ~(1u << CAP_SYS_RESOURCE);
	if (syscall(SYS_capset, &head, data))
		ktap_bail("capset: %s", strerror(errno));
	snprintf(text, sizeof(text), "%lu", 2 * SIZE);
	for (n = 0; n < 3; n++)
		if (account_write(accounts[n], "limits/user_bytes", text) ||
		    account_write(accounts[n], "limits/user_buffers", "2"))
			ktap_bail("limits: %s", accounts[n]);
}

int main(int argc, char **argv)
{
	const char *only = argc > 1 ? argv[1] : "";

	ktap_start();
	if (!injection_start()) {
		ktap_skip("failures injected", "this kernel has no fault injection");
		return ktap_end();
	}
	forget();
	find_modules();
	be_limited();
	if (!*only || !strcmp(only, "calls"))
		TORTURE(calls);
	if (!*only || !strcmp(only, "calls") || !strcmp(only, "pages")) {
		if (system("modprobe rstmem_fake mode=pages"))
			ktap_bail("rstmem_fake does not load");
		TORTURE(page_calls);
		if (system("rmmod rstmem_fake"))
			ktap(false, "rstmem_fake unloads");
	}
	if (!*only || !strcmp(only, "bind"))
		TORTURE(binding);
	if (!*only || !strcmp(only, "load")) {
		if (system("rmmod rstmem_edu"))
			ktap_bail("rstmem_edu does not unload");
		injection_of_modules();
		TORTURE(loading);
		have_none();
	}
	ktap_note("%u sites failed: %u operations with them, %u absorbed it",
		  all_sites, all_failed, all_absorbed);
	ktap(all_failed > 0, "sites were found and failed");
	return ktap_end();
}
