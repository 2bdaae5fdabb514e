// SPDX-License-Identifier: GPL-2.0-only
/*
 * The benchmark, in the guest: bench FIGURE... prints a line of CSV a figure.
 *
 * Every figure is of one operation from user space, by the CPU's time stamp
 * counter, which in a guest with "-icount shift=0" counts instructions. Each is
 * repeated and the smallest taken, since only interrupts differ; where
 * positions in a pool are compared, of each the smallest, and of these the median
 * and the largest.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <linux/dma-heap.h>
#include <linux/tee_rstmem.h>

#include "../../tests/support/tee.h"
#include "../module/bench.h"

#define GIB		(1024 * MIB)
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#define REPEAT		32	/* of a single operation */
#define REPEAT_AT	3	/* of an operation at one position */
#define POSITIONS	4000	/* at most, evenly over all */
#define FEW_POSITIONS	32	/* of what takes a millisecond at each */
#define RATE_ROUNDS	4000	/* of short whiles */
#define RATE_WHILE	300e-6	/* seconds */

/* Something that is allocated from. @tee_fd registers its dma-bufs. */
struct subject {
	const char *name;
	int fd;
	int tee_fd;
	uint32_t use_case;
	bool tee;
	uint64_t pool;
	size_t positions;
};

static void die(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fprintf(stderr, ": %s\n", strerror(errno));
	exit(1);
}

static uint64_t now(void)
{
#if defined(__x86_64__)
	return __builtin_ia32_rdtsc();
#else
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
#endif
}

static void run(const char *fmt, ...)
{
	char command[256];
	va_list args;

	va_start(args, fmt);
	vsnprintf(command, sizeof(command), fmt, args);
	va_end(args);
	if (system(command))
		die("%s", command);
}

static void print_header(void)
{
	puts("figure,subject,pool,live,pattern,size,positions,typical,worst");
}

static void print(const char *figure, const struct subject *s, size_t live,
		  const char *pattern, uint64_t size, size_t positions,
		  uint64_t typical, uint64_t worst)
{
	printf("%s,%s,%llu,%zu,%s,%llu,%zu,%llu,%llu\n", figure, s->name,
	       (unsigned long long)s->pool, live, pattern,
	       (unsigned long long)size, positions, (unsigned long long)typical,
	       (unsigned long long)worst);
	fflush(stdout);
}

static int heap_open(const char *name)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "/dev/dma_heap/%s", name);
	fd = open(path, O_RDWR | O_CLOEXEC);
	/* The kernel may have no dma-heaps; then they are the project's. */
	return fd;
}

static int take(const struct subject *s, uint64_t size)
{
	if (s->tee) {
		struct tee_ioctl_rstmem_alloc_data data = {
			.size = size,
			.use_case = s->use_case,
		};

		return ioctl(s->fd, TEE_IOC_RSTMEM_ALLOC, &data);
	} else {
		struct dma_heap_allocation_data data = {
			.len = size,
			.fd_flags = O_RDWR | O_CLOEXEC,
		};

		if (ioctl(s->fd, DMA_HEAP_IOCTL_ALLOC, &data))
			return -1;
		return data.fd;
	}
}

static int must_take(const struct subject *s, uint64_t size)
{
	int fd = take(s, size);

	if (fd < 0)
		die("%s: allocate %llu", s->name, (unsigned long long)size);
	return fd;
}

/* Allocates and closes: the smallest of some rounds. */
static uint64_t cost(const struct subject *s, uint64_t size, unsigned int rounds)
{
	uint64_t begin, took, least = UINT64_MAX;

	while (rounds--) {
		begin = now();
		close(must_take(s, size));
		took = now() - begin;
		if (took < least)
			least = took;
	}
	return least;
}

static int compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void print_all(const char *figure, const struct subject *s, size_t live,
		      const char *pattern, uint64_t size, uint64_t *took,
		      size_t n)
{
	qsort(took, n, sizeof(*took), compare);
	print(figure, s, live, pattern, size, n, took[n / 2], took[n - 1]);
}

/* Where bench/profile begins to look, and where it ends. */
__attribute__((noinline)) void bench_mark(void);
void bench_mark(void)
{
	__asm__ volatile("");
}

/* One allocation, warmed up, for bench/profile. */
static void profile(const struct subject *s)
{
	cost(s, 4 * KIB, REPEAT);
	bench_mark();
	close(must_take(s, 4 * KIB));
	bench_mark();
	run("cat /proc/kallsyms");
}

static const struct subject none = { .name = "kernel" };

static void figure_floors(void)
{
	uint64_t begin, took, least[2] = { UINT64_MAX, UINT64_MAX };
	struct subject heap = { .name = "system-heap" };
	int n;

	for (n = 0; n < REPEAT; n++) {
		begin = now();
		syscall(SYS_getppid);
		took = now() - begin;
		least[0] = took < least[0] ? took : least[0];
		begin = now();
		close(memfd_create("", MFD_CLOEXEC));
		took = now() - begin;
		least[1] = took < least[1] ? took : least[1];
	}
	print("syscall", &none, 0, "", 0, 1, least[0], least[0]);
	print("memfd", &none, 0, "", 0, 1, least[1], least[1]);

	heap.fd = heap_open("system");
	if (heap.fd < 0)
		return;
	least[0] = cost(&heap, 4 * KIB, REPEAT);
	print("alloc", &heap, 0, "empty", 4 * KIB, 1, least[0], least[0]);
	close(heap.fd);
}

/* The empty pool: a single operation. */
static void figure_alloc(const struct subject *s)
{
	static const uint64_t sizes[] = {
		4 * KIB, 64 * KIB, 1 * MIB, 3 * MIB, 12 * MIB,
	};
	uint64_t least;
	size_t n;

	for (n = 0; n < ARRAY_SIZE(sizes); n++) {
		least = cost(s, sizes[n], REPEAT);
		print("alloc", s, 0, "empty", sizes[n], 1, least, least);
	}
}

/* The empty pool: a buffer that has an id, which one from a heap gets later. */
static void figure_id(const struct subject *s)
{
	uint64_t begin, took, least = UINT64_MAX;
	int n, buf, reg;

	for (n = 0; n < REPEAT; n++) {
		begin = now();
		buf = must_take(s, 4 * KIB);
		if (!s->tee) {
			reg = tee_register_fd(s->tee_fd, buf, NULL);
			if (reg < 0)
				die("%s: register", s->name);
			close(reg);
		}
		close(buf);
		took = now() - begin;
		if (took < least)
			least = took;
	}
	print("id", s, 0, "", 4 * KIB, 1, least, least);
}

static void figure_import(const struct subject *s, int importer)
{
	static const uint64_t sizes[] = { 4 * KIB, 3 * MIB };
	size_t n;

	for (n = 0; n < ARRAY_SIZE(sizes); n++) {
		struct bench_import data = {
			.fd = must_take(s, sizes[n]),
			.rounds = REPEAT,
		};

		if (ioctl(importer, BENCH_IMPORT, &data))
			die("%s: import", s->name);
		print("import", s, 0, "", sizes[n], 1, data.all, data.all);
		print("map", s, 0, "", sizes[n], 1, data.map, data.map);
		print("unmap", s, 0, "", sizes[n], 1, data.unmap, data.unmap);
		close(data.fd);
	}
}

/* Live buffers: their descriptors and sizes, to replace some of them. */
struct crowd {
	const struct subject *s;
	int *fds;
	uint64_t *sizes;
	size_t count;
};

static uint64_t rnd_state;

static uint64_t rnd(void)
{
	uint64_t x = rnd_state += 0x9e3779b97f4a7c15;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	return x ^ x >> 31;
}

/* @most is the largest size, in pages; 1 makes all the same. */
static void crowd_init(struct crowd *c, const struct subject *s, size_t count,
		       uint64_t most)
{
	size_t n;

	rnd_state = count;
	c->s = s;
	c->count = count;
	c->fds = calloc(count, sizeof(*c->fds));
	c->sizes = calloc(count, sizeof(*c->sizes));
	for (n = 0; n < count; n++) {
		c->sizes[n] = (1 + rnd() % most) * 4 * KIB;
		c->fds[n] = must_take(s, c->sizes[n]);
	}
}

static void crowd_deinit(struct crowd *c)
{
	size_t n;

	for (n = 0; n < c->count; n++)
		close(c->fds[n]);
	free(c->fds);
	free(c->sizes);
}

/* Every @nth buffer goes, and leaves a hole. */
static void crowd_thin(struct crowd *c, size_t nth)
{
	size_t n, left = 0;

	for (n = 0; n < c->count; n++) {
		if (n % nth == 0) {
			close(c->fds[n]);
			continue;
		}
		c->fds[left] = c->fds[n];
		c->sizes[left++] = c->sizes[n];
	}
	c->count = left;
}

/* Prints the cost of @size beside the live buffers. */
static void crowd_add(struct crowd *c, const char *pattern, uint64_t size)
{
	uint64_t least = cost(c->s, size, REPEAT);

	print("live", c->s, c->count, pattern, size, 1, least, least);
}

/* From one position to the next. */
static size_t crowd_step(const struct crowd *c)
{
	size_t most = c->s->positions ? c->s->positions : POSITIONS;

	return c->count > most ? c->count / most : 1;
}

/* At each of some positions: closes what is there, and allocates it again. */
static void crowd_replace(struct crowd *c, const char *pattern)
{
	size_t step = crowd_step(c);
	uint64_t *took = calloc(c->count, sizeof(*took));
	uint64_t begin, t, n_took = 0;
	size_t n;
	int r;

	for (n = 0; n < c->count; n += step) {
		took[n_took] = UINT64_MAX;
		for (r = 0; r < REPEAT_AT; r++) {
			begin = now();
			close(c->fds[n]);
			c->fds[n] = must_take(c->s, c->sizes[n]);
			t = now() - begin;
			if (t < took[n_took])
				took[n_took] = t;
		}
		n_took++;
	}
	print_all("replace", c->s, c->count, pattern, c->sizes[0], took, n_took);
	free(took);
}

/*
 * At each of some positions: makes a hole, allocates @size, which may fit in there,
 * closes it, and puts back what was there.
 */
static void crowd_fill(struct crowd *c, const char *pattern, uint64_t size)
{
	size_t step = crowd_step(c);
	uint64_t *took = calloc(c->count, sizeof(*took));
	uint64_t n_took = 0;
	size_t n;

	for (n = 0; n < c->count; n += step) {
		close(c->fds[n]);
		took[n_took++] = cost(c->s, size, REPEAT_AT);
		c->fds[n] = must_take(c->s, c->sizes[n]);
	}
	print_all("fill", c->s, c->count, pattern, size, took, n_took);
	free(took);
}

/* All figures with about @count live buffers. */
static void figure_live(const struct subject *s, size_t count)
{
	struct crowd c;

	crowd_init(&c, s, count, 1);
	crowd_add(&c, "dense", 4 * KIB);
	crowd_add(&c, "dense", 3 * MIB);
	crowd_replace(&c, "dense");
	crowd_thin(&c, 2);
	crowd_add(&c, "comb", 4 * KIB);
	crowd_add(&c, "comb", 8 * KIB);
	crowd_fill(&c, "comb", 8 * KIB);
	crowd_deinit(&c);
}

/* Sizes that all differ: holes that do. */
static void figure_mixed(const struct subject *s, size_t count)
{
	struct crowd c;

	crowd_init(&c, s, count, 16);
	crowd_replace(&c, "mixed");
	crowd_thin(&c, 2);
	crowd_add(&c, "mixed", 4 * KIB);
	crowd_add(&c, "mixed", 64 * KIB);
	crowd_add(&c, "mixed", 3 * MIB);
	crowd_fill(&c, "mixed", 12 * KIB);
	crowd_fill(&c, "mixed", 64 * KIB);
	crowd_deinit(&c);
}

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd >= 0 && write(fd, text, strlen(text)) < 0)
		die("%s", path);
	if (fd >= 0)
		close(fd);
}

/* A number of /proc/meminfo, in bytes. */
static uint64_t meminfo(const char *key)
{
	unsigned long kb = 0;
	char line[128];
	FILE *f = fopen("/proc/meminfo", "re");

	if (!f)
		die("/proc/meminfo");
	while (fgets(line, sizeof(line), f))
		if (!strncmp(line, key, strlen(key)))
			sscanf(line + strlen(key), ": %lu kB", &kb);
	fclose(f);
	return kb * KIB;
}

/*
 * Returns the bytes that the kernel has allocated: objects in slabs, allocations that
 * are too large for a slab, and mappings of vmalloc(). Slabs that a CPU keeps at hand
 * count in full, so they are given back before; and so are counts that it keeps to itself.
 */
static uint64_t kernel_memory(void)
{
	unsigned long active, size, per, slabs;
	uint64_t objects = 0, in_slabs = 0;
	char line[512], path[300];
	struct dirent *entry;
	DIR *dir;
	FILE *f;

	/* RCU has something to free. */
	sleep(1);
	dir = opendir("/sys/kernel/slab");
	while (dir && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "/sys/kernel/slab/%s/shrink",
			 entry->d_name);
		put(path, "1");
	}
	if (dir)
		closedir(dir);
	put("/proc/sys/vm/stat_refresh", "1");

	f = fopen("/proc/slabinfo", "re");
	if (!f)
		die("/proc/slabinfo");
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%*s %lu %*u %lu %*u %lu : tunables %*u %*u %*u"
			   " : slabdata %*u %lu", &active, &size, &per,
			   &slabs) != 4)
			continue;
		objects += (uint64_t)active * size;
		in_slabs += (uint64_t)slabs * per * sysconf(_SC_PAGESIZE);
	}
	fclose(f);
	return objects + (meminfo("Slab") - in_slabs) + meminfo("VmallocUsed");
}

/* Prints the kernel memory that a live buffer takes, its file included. */
static void figure_weight(const struct subject *s, size_t count)
{
	uint64_t before, after;
	struct crowd c;

	/* The table of descriptors grows now. */
	crowd_init(&c, s, count, 1);
	crowd_deinit(&c);
	before = kernel_memory();
	crowd_init(&c, s, count, 1);
	after = kernel_memory();
	print("weight", s, count, "", 4 * KIB, count, (after - before) / count,
	      (after - before) / count);
	crowd_deinit(&c);
}

/* Returns the bytes that loading a module with @count idle pools takes. */
static int64_t idle_memory(const char *module, const char *more, uint64_t size,
			   unsigned int count)
{
	uint64_t before = kernel_memory(), after;

	run("modprobe %s %s idle_size=%llu idle_count=%u", module, more,
	    (unsigned long long)size, count);
	after = kernel_memory();
	run("rmmod %s", module);
	return after - before;
}

static int compare_signed(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/*
 * Prints the memory that a pool takes while nothing is allocated from it: the median of
 * some measurements, since other work of the kernel counts too.
 */
static void figure_idle(const char *name, const char *module, const char *more,
			uint64_t size)
{
	struct subject s = { .name = name, .pool = size };
	/* As many as there are addresses for; the module itself does not count. */
	const int few = 1, many = size > 4 * GIB ? 8 : 100;
	int64_t took[5], typical;
	size_t n;

	for (n = 0; n < ARRAY_SIZE(took); n++)
		took[n] = (idle_memory(module, more, size, many) -
			   idle_memory(module, more, size, few)) / (many - few);
	qsort(took, ARRAY_SIZE(took), sizeof(took[0]), compare_signed);
	typical = took[ARRAY_SIZE(took) / 2];
	print("idle", &s, 0, "", 0, many - few, typical < 0 ? 0 : typical,
	      typical < 0 ? 0 : typical);
}

static void limits_lift(void)
{
	struct rlimit limit = { 3000000, 3000000 };

	run("echo 3000000 > /proc/sys/fs/nr_open");
	run("echo 4000000 > /proc/sys/fs/file-max");
	if (setrlimit(RLIMIT_NOFILE, &limit))
		die("RLIMIT_NOFILE");
}

static struct subject mainline = {
	.name = "mainline", .pool = 1 * GIB, .positions = FEW_POSITIONS,
};
static struct subject heap = { .name = "rstmem-heap", .pool = 1 * GIB };
/* In the order of bench_rstmem's pools. */
static struct subject ours[] = {
	{ "rstmem", -1, -1, TEE_IOC_UC_SECURE_VIDEO_PLAY, true, 1 * GIB, 0 },
	{ "rstmem", -1, -1, BENCH_USE_CASE, true, 64 * MIB, 0 },
	{ "rstmem", -1, -1, BENCH_USE_CASE + 1, true, 16 * GIB, 0 },
	{ "rstmem", -1, -1, BENCH_USE_CASE + 2, true, 64 * GIB, 0 },
};

/* One more, for the figure "warm" only: a floor, and memory that the guest has set aside. */
static struct subject elastic = {
	"rstmem-elastic", -1, -1, BENCH_USE_CASE + 3, true, 64 * MIB, 0
};
#define WITH_ELASTIC	",67108864 elastic_start=0x108000000 elastic_size=0x20000000"

static bool have(const char *module)
{
	char command[128];

	/* busybox's modinfo succeeds for a module that is not there. */
	snprintf(command, sizeof(command), "grep -q /%s.ko /lib/modules/*/modules.dep",
		 module);
	return !system(command);
}

/* Loads the modules that there are: mainline's first, which keeps its heap's name. */
static void subjects_open(bool with_mainline, bool with_elastic)
{
	size_t n;

	if (with_mainline) {
		run("modprobe bench_mainline size=%llu",
		    (unsigned long long)mainline.pool);
		mainline.fd = heap_open("protected,trusted-ui");
		if (mainline.fd < 0)
			die("mainline's heap");
		mainline.tee_fd = tee_open(BENCH_MAINLINE_IMPL_ID);
	}
	run("modprobe bench_rstmem size=%llu,%llu,%llu,%llu%s",
	    (unsigned long long)ours[0].pool, (unsigned long long)ours[1].pool,
	    (unsigned long long)ours[2].pool, (unsigned long long)ours[3].pool,
	    with_elastic ? WITH_ELASTIC : "");
	ours[0].fd = tee_open(BENCH_IMPL_ID);
	elastic.fd = ours[0].fd;
	for (n = 1; n < ARRAY_SIZE(ours); n++)
		ours[n].fd = ours[0].fd;
	heap.fd = heap_open("protected,secure-video");
	heap.tee_fd = ours[0].fd;
}

/* Buffers of the floor, and of a block that is there when the floor is full. */
static void figure_warm(void)
{
	uint64_t least = cost(&elastic, 4 * KIB, REPEAT);
	int floor, block;

	print("alloc", &elastic, 0, "floor", 4 * KIB, 1, least, least);
	floor = must_take(&elastic, elastic.pool);
	block = must_take(&elastic, 4 * KIB);
	least = cost(&elastic, 4 * KIB, REPEAT);
	print("alloc", &elastic, 2, "block", 4 * KIB, 1, least, least);
	close(block);
	close(floor);
}

/* State that two processes share, which work in step, each on a CPU of its own. */
struct race {
	_Atomic uint64_t arrived;	/* times that somebody came to a line */
	uint64_t ticks;			/* of a while */
	double rate[2];			/* of this while, a tick */
	/* In each while, by subject: with one of them at work, with both. */
	double whiles[][2][RATE_ROUNDS];
};

/* Waits for the other at the next line. */
static void race_line(struct race *race, uint64_t *lines)
{
	*lines += 2;
	race->arrived++;
	while (race->arrived < *lines)
		__asm__ volatile("" : : : "memory");
}

/* Allocates and closes for a while. Returns how many a tick. */
static double race_run(const struct race *race, const struct subject *s)
{
	uint64_t begin = now(), took;
	unsigned int done = 0;

	do {
		close(must_take(s, 4 * KIB));
		done++;
		took = now() - begin;
	} while (took < race->ticks);
	return (double)done / took;
}

static void racer(struct race *race, int cpu, const struct subject *const *s,
		  size_t n)
{
	uint64_t lines = 0;
	int round, cpus;
	size_t i, at;

	for (round = 0; round < RATE_ROUNDS; round++)
		for (i = 0; i < 2 * n; i++) {
			/* All orders, one after the other. */
			at = (i / 2 + round / 2) % n;
			if (round & 1)
				at = n - 1 - at;
			cpus = 1 + i % 2;
			race_line(race, &lines);
			if (cpu < cpus)
				race->rate[cpu] = race_run(race, s[at]);
			race_line(race, &lines);
			if (!cpu)
				race->whiles[at][cpus - 1][round] = race->rate[0] +
					(cpus > 1 ? race->rate[1] : 0);
		}
}

/* Has both run all whiles. */
static void race_start(struct race *race, const struct subject *const *s, size_t n)
{
	pid_t pids[2];
	int cpu, status;

	fflush(stdout);
	for (cpu = 0; cpu < 2; cpu++) {
		cpu_set_t set;

		pids[cpu] = fork();
		if (pids[cpu] < 0)
			die("fork");
		if (pids[cpu])
			continue;
		CPU_ZERO(&set);
		CPU_SET(cpu, &set);
		sched_setaffinity(0, sizeof(set), &set);
		racer(race, cpu, s, n);
		exit(0);
	}
	/* If one process fails, the other waits for ever, until the guest ends. */
	for (cpu = 0; cpu < 2; cpu++)
		if (wait(&status) < 0 || status)
			die("rate");
}

/* Returns the ticks of now() in a second of the wall clock. */
static double ticks_per_second(void)
{
	const struct timespec nap = { .tv_nsec = 500000000 };
	struct timespec a, b;
	uint64_t begin, ticks;

	clock_gettime(CLOCK_MONOTONIC, &a);
	begin = now();
	nanosleep(&nap, NULL);
	ticks = now() - begin;
	clock_gettime(CLOCK_MONOTONIC, &b);
	return ticks / (b.tv_sec - a.tv_sec + (b.tv_nsec - a.tv_nsec) / 1e9);
}

static int compare_real(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/*
 * The median and the smallest of how many times @b it was, while by while, in
 * ten-thousandths.
 */
static void print_ratio(const char *figure, const struct subject *s, int cpus,
			const double *a, const double *b)
{
	static double ratio[RATE_ROUNDS];
	int n;

	for (n = 0; n < RATE_ROUNDS; n++)
		ratio[n] = 10000 * a[n] / b[n];
	qsort(ratio, RATE_ROUNDS, sizeof(ratio[0]), compare_real);
	print(figure, s, cpus, "", 4 * KIB, RATE_ROUNDS, ratio[RATE_ROUNDS / 2],
	      ratio[0]);
}

static void print_rate(const struct subject *s, int cpus, const double *rates,
		       double second)
{
	static double sorted[RATE_ROUNDS];

	memcpy(sorted, rates, sizeof(sorted));
	qsort(sorted, RATE_ROUNDS, sizeof(sorted[0]), compare_real);
	print("rate", s, cpus, "", 4 * KIB, RATE_ROUNDS,
	      sorted[RATE_ROUNDS / 2] * second, sorted[0] * second);
}

/*
 * How many a second, in whiles of about ten operations, since the machine below has
 * other things to do: all kinds take turns, so that figures to compare are
 * measured within two milliseconds.
 */
static void figures_rate(const struct subject *const *s, size_t n)
{
	size_t size = sizeof(struct race) + n * sizeof(double[2][RATE_ROUNDS]), i;
	double second = ticks_per_second();
	struct race *race;
	int cpus;

	race = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		    -1, 0);
	if (race == MAP_FAILED)
		die("mmap");
	race->ticks = second * RATE_WHILE;
	race_start(race, s, n);
	for (i = 0; i < n; i++) {
		for (cpus = 1; cpus <= 2; cpus++) {
			print_rate(s[i], cpus, race->whiles[i][cpus - 1], second);
			if (s[0] == &mainline)
				print_ratio("rate-mainline", s[i], cpus,
					    race->whiles[i][cpus - 1],
					    race->whiles[0][cpus - 1]);
		}
		print_ratio("rate-two", s[i], 2, race->whiles[i][1],
			    race->whiles[i][0]);
	}
	munmap(race, size);
}

static const struct subject *const every[] = { &mainline, &heap, &ours[0] };

int main(int argc, char **argv)
{
	bool with_mainline = have("bench_mainline");
	const char *cma = "size=16777216";
	size_t n, s;
	int a, importer;

	print_header();
	limits_lift();
	for (a = 1; a < argc; a++) {
		if (strcmp(argv[a], "idle"))
			continue;
		for (n = 0; n < ARRAY_SIZE(ours); n++) {
			if (with_mainline)
				figure_idle("mainline", "bench_mainline", cma,
					    ours[n].pool);
			figure_idle("rstmem", "bench_rstmem", "paddr=0x4000000000",
				    ours[n].pool);
		}
	}
	subjects_open(with_mainline, argc > 1 && !strcmp(argv[1], "warm"));
	run("modprobe bench_import edu=%d", argc > 1 && !strcmp(argv[1], "iommu"));
	importer = open("/dev/bench_import", O_RDWR | O_CLOEXEC);

	for (a = 1; a < argc; a++) {
		for (s = 0; s < ARRAY_SIZE(every); s++) {
			const struct subject *subject = every[s];

			if (subject == &mainline ? !with_mainline : subject->fd < 0)
				continue;
			if (!strcmp(argv[a], "profile") && argv[a + 1] &&
			    !strcmp(argv[a + 1], subject->name)) {
				profile(subject);
			} else if (!strcmp(argv[a], "alloc")) {
				figure_alloc(subject);
			} else if (!strcmp(argv[a], "id")) {
				figure_id(subject);
			} else if (!strcmp(argv[a], "import") ||
				   !strcmp(argv[a], "iommu")) {
				figure_import(subject, importer);
			} else if (!strcmp(argv[a], "weight")) {
				figure_weight(subject, 20000);
			} else if (!strcmp(argv[a], "few")) {
				figure_live(subject, 1000);
			} else if (!strcmp(argv[a], "live")) {
				figure_live(subject, 1000);
				figure_live(subject, 10000);
				figure_live(subject, 100000);
			}
		}
		if (!strcmp(argv[a], "rate"))
			figures_rate(with_mainline ? every : every + 1,
				     ARRAY_SIZE(every) - !with_mainline);
		if (!strcmp(argv[a], "warm"))
			figure_warm();
		if (!strcmp(argv[a], "floors"))
			figure_floors();
		if (!strcmp(argv[a], "pools"))
			for (n = 1; n < ARRAY_SIZE(ours); n++) {
				figure_alloc(&ours[n]);
				figure_live(&ours[n], 1000);
				figure_mixed(&ours[n], 1000);
				figure_live(&ours[n], 10000);
				if (n == 1)
					continue;
				figure_mixed(&ours[n], 10000);
				figure_live(&ours[n], 100000);
				figure_mixed(&ours[n], 100000);
			}
		if (!strcmp(argv[a], "million")) {
			figure_live(&ours[3], 1000000);
			figure_mixed(&ours[3], 1000000);
		}
	}
	return 0;
}
