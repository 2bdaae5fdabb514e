// SPDX-License-Identifier: GPL-2.0-only
/*
 * findings CASE: faults of the kernel's own protected memory, see docs/findings.md. A case
 * passes if the kernel does not have the fault. tests/findings runs each in a guest of its own,
 * since some of these faults end it.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/dma-heap.h>

#include "../fail/inject.h"
#include "../support/guest.h"
#include "../support/kcore.h"
#include "../support/ktap.h"
#include "../support/tee.h"
#include "../support/v4l2.h"

#define HEAP	"/dev/dma_heap/protected,secure-video"
#define LAB	"/sys/module/lab_protmem/parameters/"
#define LAB_ID	0x1ab
#define PLANES	V4L2_BUF_TYPE_VIDEO_OUTPUT_MPLANE

static int heap;

static void command(const char *text)
{
	if (system(text))
		ktap_bail("%s: fails", text);
}

/* The modules are files beside this program. */
static void load_core(void)
{
	/* The stock one brings the modules that it needs. */
	if (access("/sys/module/tee", F_OK))
		command("modprobe tee && rmmod tee && insmod ./tee.ko");
}

/* Loads the pool, and opens its heap. */
static void load(const char *options)
{
	char text[256];

	load_core();
	snprintf(text, sizeof(text), "insmod ./lab_protmem.ko %s", options);
	command(text);
	heap = open(HEAP, O_RDWR | O_CLOEXEC);
	if (heap < 0)
		ktap_bail(HEAP ": %s", strerror(errno));
}

static void unload(void)
{
	close(heap);
	command("rmmod lab_protmem");
}

static uint64_t lab(const char *name)
{
	char path[128], text[64] = "";
	FILE *f;

	snprintf(path, sizeof(path), LAB "%s", name);
	f = fopen(path, "re");
	if (!f || !fgets(text, sizeof(text), f))
		ktap_bail("cannot read %s", path);
	fclose(f);
	return strtoull(text, NULL, 0);
}

static void set(const char *name, const char *value)
{
	char path[128];

	snprintf(path, sizeof(path), LAB "%s", name);
	if (guest_write(path, value))
		ktap_bail("cannot set %s", path);
}

/* Return: a dma-buf, or -errno. */
static int allocate(uint64_t len, uint32_t fd_flags, uint64_t heap_flags)
{
	struct dma_heap_allocation_data data = {
		.len = len,
		.fd_flags = fd_flags,
		.heap_flags = heap_flags,
	};

	return ioctl(heap, DMA_HEAP_IOCTL_ALLOC, &data) ? -errno : (int)data.fd;
}

static int buffer(size_t size)
{
	return allocate(size, O_RDWR | O_CLOEXEC, 0);
}

static void *come_and_go(void *failed)
{
	for (int n = 0; n < 3000; n++) {
		int buf = buffer(4 * KIB);

		if (buf < 0)
			++*(int *)failed;
		else
			close(buf);
	}
	return NULL;
}

static void test_race(void)
{
	pthread_t thread[2];
	int failed[2] = { 0 };

	load("lock_ms=4");
	for (int n = 0; n < 2; n++)
		pthread_create(&thread[n], NULL, come_and_go, &failed[n]);
	for (int n = 0; n < 2; n++)
		pthread_join(thread[n], NULL);
	ktap_eq(failed[0] + failed[1], 0,
		"race: every allocation succeeds while the last free ends the pool");
}

static void *run_unload(void *arg)
{
	(void)arg;
	return (void *)(intptr_t)system("rmmod lab_protmem");
}

static void test_shutdown(void)
{
	pthread_t thread;
	void *status;
	int first, second;

	load("");
	first = buffer(4 * KIB);
	ktap(first >= 0, "shutdown: allocates before");
	pthread_create(&thread, NULL, run_unload, NULL);
	/* The TEE device goes first. */
	for (int n = 0; n < 6000 && !access("/dev/tee0", F_OK); n++)
		usleep(10000);
	ktap(access("/dev/tee0", F_OK), "shutdown: the TEE device goes");
	second = buffer(4 * KIB);
	ktap(second < 0, "shutdown: an allocation fails while the driver waits for its buffers");
	close(first);
	if (second >= 0)
		close(second);
	pthread_join(thread, &status);
	ktap(!status, "shutdown: the driver is gone after the last buffer");
}

static void test_reclaim(void)
{
	int buf;

	load("");
	buf = buffer(4 * KIB);
	ktap(buf >= 0, "reclaim: allocates");
	set("reclaim_result", "-5");
	close(buf);
	ktap(!lab("is_free"), "reclaim: the kernel does not use a chunk that the TEE keeps");
	set("reclaim_result", "0");
	buf = buffer(4 * KIB);
	ktap(buf >= 0, "reclaim: another chunk serves the next buffer");
	close(buf);
	ktap(lab("is_free"), "reclaim: the kernel uses a chunk that the TEE gives back");
}

static void test_alignment(void)
{
	int buf;

	/* CMA aligns to 1 MiB, and gives out its first gap. */
	load("min_size=4194304 align=4194304 before=1048576");
	buf = buffer(4 * KIB);
	ktap(!lab("lent_count") || lab("lent") % (4 * MIB) == 0,
	     "alignment: no chunk is lent at a misaligned address");
	if (buf >= 0)
		close(buf);
}

static void test_size(void)
{
	int buf;

	load("min_size=1050000");
	buf = buffer(4 * KIB);
	ktap(buf >= 0, "size: allocates");
	ktap(lab("lent_size") >= lab("min_size"),
	     "size: a chunk has at least the size that the TEE requires");
	close(buf);
}

static void test_attributes(void)
{
	uint64_t before;

	/* A MiB each time. */
	load("attributes=262144");
	unload();
	before = guest_meminfo("MemAvailable");
	for (int n = 0; n < 64; n++) {
		load("attributes=262144");
		unload();
	}
	ktap(guest_meminfo("MemAvailable") + 32 * MIB > before,
	     "attributes: the memory of the pool's attributes is freed with the pool");
}

static void test_heap(void)
{
	int buf;

	load_core();
	command("modprobe rstmem_failing function=dma_heap_add fail=1");
	ktap(system("insmod ./lab_protmem.ko 2>/dev/null"),
	     "heap: the driver does not load if its heap cannot be added");
	command("rmmod rstmem_failing");
	load("");
	buf = buffer(4 * KIB);
	ktap(buf >= 0, "heap: the same heap can be added afterwards, and allocates");
	close(buf);
}

static void test_unload(void)
{
	load("");
	command("rmmod lab_protmem");
	ktap(system("rmmod tee 2>/dev/null"),
	     "unload: the TEE core stays, since its heap does");
	ktap(buffer(4 * KIB) < 0, "unload: an allocation from a heap without a driver fails");
	close(heap);
}

static void test_descriptor(void)
{
	struct tee_ioctl_shm_register_fd_data data;
	int tee, buf, ids;

	load("");
	tee = tee_open(LAB_ID);
	buf = buffer(4 * KIB);
	data = (struct tee_ioctl_shm_register_fd_data){ .fd = buf };
	ids = ioctl(tee, TEE_IOC_SHM_REGISTER_FD, &data);
	ktap(ids >= 0, "descriptor: a dma-buf is registered");
	close(ids);
	data = (struct tee_ioctl_shm_register_fd_data){ .fd = buf | 1LL << 32 };
	ids = ioctl(tee, TEE_IOC_SHM_REGISTER_FD, &data);
	ktap(ids < 0, "descriptor: a number of more than 31 bits is refused");
	if (ids >= 0)
		close(ids);
	close(buf);
	close(tee);
}

static void test_kcore(void)
{
	static const char text[] = "lent to the TEE";
	int buf;

	load("");
	buf = buffer(4 * KIB);
	ktap(buf >= 0, "kcore: allocates");
	ktap(!kcore_find(lab("lent"), sizeof(text), text, sizeof(text)),
	     "kcore: /proc/kcore does not show what is lent");
	close(buf);
}

/* How many dma-bufs there are. */
static int dmabufs(void)
{
	FILE *f = fopen("/sys/kernel/debug/dma_buf/bufinfo", "re");
	char line[256];
	int count = -1;

	while (f && fgets(line, sizeof(line), f))
		sscanf(line, "Total %d objects", &count);
	if (count < 0)
		ktap_bail("no count of dma-bufs in debugfs");
	fclose(f);
	return count;
}

static void test_plane(void)
{
	struct v4l2_format format = { .type = PLANES };
	int buf, node, before, rc;

	/* videobuf2 may be a file beside this program, too. */
	if (!access("videobuf2-common.ko", F_OK))
		command("modprobe videobuf2-common && rmmod videobuf2_common && "
			"insmod ./videobuf2-common.ko");
	command("modprobe vivid n_devs=1 node_types=0x100 multiplanar=2");
	node = v4l2_open("vivid");
	if (v4l2_call(node, VIDIOC_G_FMT, &format) ||
	    v4l2_request(node, PLANES, V4L2_MEMORY_DMABUF, 4))
		ktap_bail("vivid has no queue");
	before = dmabufs();
	buf = guest_udmabuf();
	rc = v4l2_queue(node, PLANES, 0, buf, 64 * MIB,
			format.fmt.pix_mp.plane_fmt[0].sizeimage, 0);
	ktap_eq(rc, -EFAULT, "plane: a dma-buf that is shorter than the plane is refused");
	close(buf);
	close(node);
	guest_settle();
	ktap_eq(dmabufs() - before, 0, "plane: the last close frees the dma-buf");
	command("modprobe -r vivid");
}

/* The pool places a buffer at the first gap that it fits into. */
#define PAGES		256U	/* of the chunk */
#define BUFFERS		64

static bool taken[PAGES];

static struct {
	int fd, registered;	/* of a buffer and of its registration; -1 is none */
	unsigned int first, count;
} fuzzed[BUFFERS];

/* Return: the first page of a gap of @count pages, or PAGES. */
static unsigned int first_fit(unsigned int count)
{
	unsigned int page, length = 0;

	for (page = 0; page < PAGES; page++) {
		length = taken[page] ? 0 : length + 1;
		if (length == count)
			return page + 1 - count;
	}
	return PAGES;
}

static void mark(unsigned int first, unsigned int count, bool is_taken)
{
	while (count--)
		taken[first++] = is_taken;
}

/* Closes a descriptor if there is one. Return: there was. */
static bool drop(int *fd)
{
	if (*fd < 0)
		return false;
	close(*fd);
	*fd = -1;
	return true;
}

static int register_fd(int tee, int64_t fd, uint32_t flags, uint64_t *size)
{
	struct tee_ioctl_shm_register_fd_data data = { .fd = fd, .flags = flags };
	int rc = ioctl(tee, TEE_IOC_SHM_REGISTER_FD, &data);

	*size = data.size;
	return rc < 0 ? -errno : rc;
}

/* One step with a slot. Return: the kernel does what the model says. */
static bool fuzz_step(int tee, unsigned int slot)
{
	uint64_t size, len;
	unsigned int first;
	int rc;

	switch (random() % 8) {
	case 0 ... 2:
		if (fuzzed[slot].fd >= 0 || fuzzed[slot].registered >= 0)
			return true;
		len = 1 + random() % (random() % 16 ? 24 * 4096 : 2 * (long)MIB);
		fuzzed[slot].count = (len + 4095) / 4096;
		first = first_fit(fuzzed[slot].count);
		rc = buffer(len);
		if (first == PAGES)
			return rc == -ENOMEM;
		if (rc < 0)
			return false;
		fuzzed[slot].fd = rc;
		fuzzed[slot].first = first;
		mark(first, fuzzed[slot].count, true);
		return lseek(rc, 0, SEEK_END) == (off_t)fuzzed[slot].count * 4096;
	case 3:
	case 4:
		if (!drop(&fuzzed[slot].fd))
			return true;
		break;
	case 5:
		if (fuzzed[slot].fd < 0 || fuzzed[slot].registered >= 0)
			return true;
		rc = register_fd(tee, fuzzed[slot].fd, 0, &size);
		if (rc < 0)
			return false;
		fuzzed[slot].registered = rc;
		return size == fuzzed[slot].count * 4096ULL;
	case 6:
		if (!drop(&fuzzed[slot].registered))
			return true;
		break;
	default:
		/* Calls that are refused, and change nothing. */
		if (fuzzed[slot].fd >= 0 &&
		    (mmap(NULL, 4096, PROT_READ, MAP_SHARED, fuzzed[slot].fd, 0) != MAP_FAILED ||
		     register_fd(tee, fuzzed[slot].fd, 1 + random(), &size) != -EINVAL))
			return false;
		return allocate(0, O_RDWR, 0) == -EINVAL &&
		       allocate(4096, O_APPEND, 0) == -EINVAL &&
		       allocate(4096, O_RDWR, 1) == -EINVAL &&
		       allocate(-1ULL, O_RDWR, 0) < 0 &&
		       register_fd(tee, heap, 0, &size) < 0 &&
		       register_fd(tee, -1, 0, &size) < 0;
	}
	/* The memory goes with the last reference. */
	if (fuzzed[slot].fd < 0 && fuzzed[slot].registered < 0 && fuzzed[slot].count) {
		mark(fuzzed[slot].first, fuzzed[slot].count, false);
		fuzzed[slot].count = 0;
	}
	return true;
}

static void test_fuzz(void)
{
	unsigned int slot, step, wrong = 0;
	int tee;

	load("");
	tee = tee_open(LAB_ID);
	srandom(1);
	for (slot = 0; slot < BUFFERS; slot++)
		fuzzed[slot].fd = fuzzed[slot].registered = -1;
	for (step = 0; step < 100000 && !wrong; step++)
		wrong += !fuzz_step(tee, random() % BUFFERS);
	ktap_eq(wrong, 0, "fuzz: the pool does what its model does");
	if (wrong)
		ktap_note("step %u", step);
	for (slot = 0; slot < BUFFERS; slot++) {
		drop(&fuzzed[slot].fd);
		drop(&fuzzed[slot].registered);
	}
	ktap(lab("is_free"), "fuzz: the chunk goes back after the last buffer");
	close(tee);
}

static int injected_tee, injected_buf;

static int op_alloc(void)
{
	int buf = buffer(8 * KIB);

	if (buf >= 0)
		close(buf);
	return buf;
}

static int op_register(void)
{
	uint64_t size;
	int fd = register_fd(injected_tee, injected_buf, 0, &size);

	if (fd >= 0)
		close(fd);
	return fd;
}

static int op_load(void)
{
	int fd = open("lab_protmem.ko", O_RDONLY | O_CLOEXEC);
	int rc = syscall(SYS_finit_module, fd, "attributes=16", 0) ? -errno : 0;

	close(fd);
	if (!rc)
		syscall(SYS_delete_module, "lab_protmem", 0);
	return rc;
}

/* Each site of an operation fails once. Return: how many there are. */
static unsigned int inject(int (*op)(void))
{
	unsigned int nth;

	for (nth = 1; nth < 10000; nth++) {
		fail_at(nth);
		op();
		if (!fail_stop())
			return nth - 1;
	}
	ktap_bail("there is no end of sites");
}

static void test_injected(void)
{
	unsigned int sites;

	if (!injection_start()) {
		ktap_skip("injected: every failure is handled", "the kernel injects none");
		return;
	}
	/* The kernel logs a trace when vmalloc() fails, for the pool's bitmap here. */
	injection_of_caches();
	leave_out("__vmalloc_node_range_noprof");
	load("attributes=16");
	injected_tee = tee_open(LAB_ID);
	sites = inject(op_alloc);
	ktap(sites && lab("is_free"),
	     "injected: an allocation with a failure at each of %u sites leaves no chunk",
	     sites);
	injected_buf = buffer(8 * KIB);
	sites = inject(op_register);
	close(injected_buf);
	ktap(sites && lab("is_free"),
	     "injected: a registration with a failure at each of %u sites leaves no reference",
	     sites);
	close(injected_tee);
	unload();
	injection_of_modules();
	sites = inject(op_load);
	ktap(sites,
	     "injected: the driver loads or does not with a failure at each of %u sites", sites);
	load("attributes=16");
	ktap_eq(op_alloc() < 0, 0, "injected: the driver loads and allocates afterwards");
}

static const struct {
	const char *name;
	void (*test)(void);
} cases[] = {
	{ "race", test_race },
	{ "shutdown", test_shutdown },
	{ "reclaim", test_reclaim },
	{ "alignment", test_alignment },
	{ "size", test_size },
	{ "attributes", test_attributes },
	{ "heap", test_heap },
	{ "unload", test_unload },
	{ "descriptor", test_descriptor },
	{ "kcore", test_kcore },
	{ "plane", test_plane },
	{ "fuzz", test_fuzz },
	{ "injected", test_injected },
};

int main(int argc, char **argv)
{
	unsigned int n;

	if (chdir("/root"))
		ktap_bail("no /root");
	/* The TEE core cannot go while it has a heap. */
	guest_keep_modules();
	ktap_start();
	for (n = 0; n < sizeof(cases) / sizeof(*cases); n++) {
		if (argc > 1 && !strcmp(argv[1], cases[n].name)) {
			cases[n].test();
			if (!access("/sys/module/lab_protmem", F_OK))
				unload();
			return ktap_end();
		}
	}
	ktap_bail("no case %s", argc > 1 ? argv[1] : "is named");
}
