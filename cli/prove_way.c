// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ways to get at restricted memory. Each look at an address is made by a process of its
 * own, which a bus error or a fault of the kernel may end. A way counts as refused only if it
 * finds a pattern in normal memory, or if the bus answers with an error.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "prove.h"

/* Where to look. */
struct target {
	int fd;			/* as for RSTMEM_PROVE_AIM, for ways of the module */
	int64_t offset;
	uint32_t bit;
	uint64_t addr;		/* for the other ways */
	const uint8_t *pattern;
	unsigned int arg;	/* of the way */
};

/* The result of a look. It is shared with the process that looks. */
struct glance {
	bool is_tried;		/* else err says why not */
	int err;		/* errno, or 0 */
	int sig;		/* the signal that ended the process, or 0 */
	uint32_t sees;		/* RSTMEM_PROVE_SEES_* */
	uint64_t addr;
	char name[32];		/* of a DMA engine */
};

typedef void glance_fn(const struct target *target, struct glance *glance);

static uint32_t what_it_is(const uint8_t *data, const uint8_t *pattern)
{
	unsigned int i, zeros = 0, ones = 0;

	if (!memcmp(data, pattern, RSTMEM_PROVE_PATTERN))
		return RSTMEM_PROVE_SEES_PATTERN;
	for (i = 0; i < RSTMEM_PROVE_PATTERN; i++) {
		zeros += !data[i];
		ones += data[i] == 0xff;
	}
	return zeros == i ? RSTMEM_PROVE_SEES_ZEROS :
	       ones == i ? RSTMEM_PROVE_SEES_ONES : RSTMEM_PROVE_SEES_OTHER;
}

/* Look at a page that is mapped. Aligned loads, since registers take no others. */
static void load(const void *page, const struct target *target, struct glance *glance)
{
	uint64_t data[RSTMEM_PROVE_PATTERN / sizeof(uint64_t)];
	const volatile uint64_t *from = page;
	size_t i;

	glance->is_tried = true;
	for (i = 0; i < sizeof(data) / sizeof(data[0]); i++)
		data[i] = from[i];
	glance->sees = what_it_is((const uint8_t *)data, target->pattern);
}

static void map_and_load(int fd, off_t offset, const struct target *target,
			 struct glance *glance)
{
	void *page = mmap(NULL, (size_t)sysconf(_SC_PAGESIZE), PROT_READ, MAP_SHARED, fd,
			  offset);

	if (page == MAP_FAILED)
		glance->err = errno;
	else
		load(page, target, glance);
}

/* Return: a descriptor of the module that looks at the target, or -1. */
static int aim(const struct target *target, struct glance *glance, bool *is_ram)
{
	struct rstmem_prove_aim aim = {
		.fd = target->fd, .bit = target->bit, .offset = target->offset,
	};
	int fd = open(PROVE_NODE, O_RDWR | O_CLOEXEC);

	memcpy(aim.pattern, target->pattern, sizeof(aim.pattern));
	if (fd < 0 || ioctl(fd, RSTMEM_PROVE_AIM, &aim)) {
		glance->err = errno;
		return -1;
	}
	glance->addr = aim.addr;
	*is_ram = aim.is_ram;
	return fd;
}

/* The module maps the page for this process. @arg: offset for mmap(). */
static void glance_mapping(const struct target *target, struct glance *glance)
{
	bool is_ram;
	int fd = aim(target, glance, &is_ram);

	if (fd >= 0)
		map_and_load(fd, target->arg, target, glance);
}

static void look(int fd, uint32_t way, uint32_t engine, struct glance *glance)
{
	struct rstmem_prove_look look = { .way = way, .engine = engine };

	/* A fault of the kernel does not come back. */
	glance->is_tried = true;
	if (ioctl(fd, RSTMEM_PROVE_LOOK, &look)) {
		glance->err = errno;
		glance->is_tried = errno == EFAULT ||
				   (way == RSTMEM_PROVE_ENGINE && errno != EOPNOTSUPP);
	}
	glance->sees = look.sees;
	memcpy(glance->name, look.name, sizeof(glance->name));
}

/* The kernel loads. @arg: RSTMEM_PROVE_UNCACHED or _CACHED. */
static void glance_kernel(const struct target *target, struct glance *glance)
{
	bool is_ram;
	int fd = aim(target, glance, &is_ram);

	if (fd >= 0)
		look(fd, target->arg, 0, glance);
}

/* @arg: number of the engine */
static void glance_engine(const struct target *target, struct glance *glance)
{
	bool is_ram;
	int fd = aim(target, glance, &is_ram);

	if (fd >= 0)
		look(fd, RSTMEM_PROVE_ENGINE, target->arg, glance);
}

/* At an address of unknown kind: the kernel's RAM answers its loads, for the rest see above. */
static void glance_around(const struct target *target, struct glance *glance)
{
	bool is_ram;
	int fd = aim(target, glance, &is_ram);

	if (fd < 0)
		return;
	if (range_is_device(glance->addr))
		glance->err = ENODEV;
	else if (is_ram)
		look(fd, RSTMEM_PROVE_CACHED, 0, glance);
	else
		map_and_load(fd, 0, target, glance);
}

static void glance_devmem(const struct target *target, struct glance *glance)
{
	int fd = open("/dev/mem", O_RDONLY | O_SYNC | O_CLOEXEC);

	if (fd < 0) {
		glance->err = errno;
		return;
	}
	glance->is_tried = true;
	map_and_load(fd, (off_t)target->addr, target, glance);
}

/* Return: where /proc/kcore has an address, -1 for nowhere. */
static off_t kcore_locate(int fd, uint64_t addr)
{
	Elf64_Ehdr head;
	Elf64_Phdr part;
	off_t at;
	int i;

	if (pread(fd, &head, sizeof(head), 0) != (ssize_t)sizeof(head))
		return -1;
	for (i = 0; i < head.e_phnum; i++) {
		at = (off_t)(head.e_phoff + (uint64_t)i * sizeof(part));
		if (pread(fd, &part, sizeof(part), at) != (ssize_t)sizeof(part))
			return -1;
		/* A segment without a physical address has -1. */
		if (part.p_type == PT_LOAD && part.p_paddr != (Elf64_Addr)-1 &&
		    addr >= part.p_paddr && addr - part.p_paddr < part.p_memsz)
			return (off_t)(part.p_offset + (addr - part.p_paddr));
	}
	return -1;
}

/* @arg: do not read what may end in a fault of the kernel. */
static void glance_kcore(const struct target *target, struct glance *glance)
{
	int fd = open("/proc/kcore", O_RDONLY | O_CLOEXEC);
	uint8_t data[RSTMEM_PROVE_PATTERN];
	ssize_t n;
	off_t at;

	if (fd < 0) {
		glance->err = errno;
		return;
	}
	at = kcore_locate(fd, target->addr);
	if (at >= 0 && target->arg) {
		glance->err = ECANCELED;
		return;
	}
	glance->is_tried = true;
	n = at < 0 ? -1 : pread(fd, data, sizeof(data), at);
	if (at < 0)
		glance->err = ENXIO;
	else if (n < 0)
		glance->err = errno;
	else if (n != (ssize_t)sizeof(data))
		glance->err = EIO;
	else
		glance->sees = what_it_is(data, target->pattern);
}

static struct glance attempt(glance_fn *fn, const struct target *target)
{
	static const struct rlimit no_core;
	struct glance *shared, glance = { .err = ENOMEM };
	int status = 0;
	pid_t pid;

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return glance;
	shared->addr = target->addr;
	fflush(NULL);
	pid = fork();
	if (!pid) {
		setrlimit(RLIMIT_CORE, &no_core);
		fn(target, shared);
		_exit(0);
	}
	if (pid > 0 && waitpid(pid, &status, 0) == pid) {
		glance = *shared;
		if (WIFSIGNALED(status))
			glance.sig = WTERMSIG(status);
	}
	munmap(shared, sizeof(*shared));
	return glance;
}

static bool is_leak(const struct glance *glance)
{
	return glance->is_tried && !glance->err && !glance->sig &&
	       glance->sees == RSTMEM_PROVE_SEES_PATTERN;
}

static const char *how(const struct glance *glance)
{
	if (glance->sig == SIGBUS)
		return "a bus error";
	if (glance->sig)
		return "a fault that ended the process";
	switch (glance->err) {
	case EFAULT:
		return "a bus error, which the kernel survived";
	case ENXIO:
		return "the address is not in the list";
	case ENODEV:
		return "devices are there";
	case EPERM:
		if (!glance->is_tried)
			return "it is RAM of the kernel, which only the kernel maps";
		break;
	case EOPNOTSUPP:
		return "it is RAM of the kernel, which maps it cached";
	case ECANCELED:
		return "the address is in the list, and reading may be a fault of the kernel; --prove=abort takes that risk";
	default:
		break;
	}
	if (glance->err)
		return strerror(glance->err);
	switch (glance->sees) {
	case RSTMEM_PROVE_SEES_PATTERN:
		return "the pattern";
	case RSTMEM_PROVE_SEES_ZEROS:
		return "zeros";
	case RSTMEM_PROVE_SEES_ONES:
		return "ones";
	default:
		return "other data";
	}
}

struct row *row_add(struct memory *memory, const char *way, enum verdict verdict,
		    const char *format, ...)
{
	struct row *row = &memory->row[memory->rows < PROVE_ROWS ? memory->rows++ :
								  PROVE_ROWS - 1];
	va_list args;

	*row = (struct row){ .verdict = verdict };
	snprintf(row->way, sizeof(row->way), "%s", way);
	va_start(args, format);
	vsnprintf(row->text, sizeof(row->text), format, args);
	va_end(args);
	return row;
}

/* Answers of a way, each once, with the number of addresses. */
#define ANSWERS	8

struct tally {
	const char *way;
	const char *answer[ANSWERS];
	unsigned int count[ANSWERS], answers;
	const char *untried;		/* why an address was not tried, the first one */
	unsigned int skipped, tries, leaks;
	bool has_bus_error;
	uint64_t addr;
	const uint8_t *pattern;
	char where[64];
};

/* @where: text about the position of the address, for a leak, or "" */
static void tally_add(struct tally *tally, const struct glance *glance,
		      const uint8_t *pattern, const char *where)
{
	const char *answer = how(glance);
	unsigned int i;

	if (!glance->is_tried) {
		tally->skipped++;
		if (!tally->untried)
			tally->untried = answer;
		return;
	}
	tally->tries++;
	tally->has_bus_error |= glance->sig == SIGBUS || glance->err == EFAULT;
	if (is_leak(glance)) {
		if (!tally->leaks++) {
			tally->addr = glance->addr;
			tally->pattern = pattern;
			snprintf(tally->where, sizeof(tally->where), "%s", where);
		}
		return;
	}
	for (i = 0; i < tally->answers && strcmp(tally->answer[i], answer); i++)
		;
	if (i == ANSWERS)
		return;
	if (i == tally->answers) {
		tally->answer[tally->answers] = answer;
		tally->count[tally->answers++] = 0;
	}
	tally->count[i]++;
}

static void tally_text(const struct tally *tally, char *text, size_t size)
{
	unsigned int i;
	int n = 0;

	*text = 0;
	for (i = 0; i < tally->answers && n < (int)size; i++)
		n += snprintf(text + n, size - (size_t)n, "%s%s at %u address%s",
			      i ? ", " : "", tally->answer[i], tally->count[i],
			      tally->count[i] == 1 ? "" : "es");
	if (tally->skipped && n < (int)size)
		snprintf(text + n, size - (size_t)n, "%snot tried at %u: %s", i ? "; " : "",
			 tally->skipped, tally->untried);
}

/* @control: the same way on normal memory */
static void judge(struct memory *memory, const struct tally *tally,
		  const struct glance *control)
{
	char text[384], first[3 * sizeof(((struct row *)0)->data) + 1];
	struct row *row;
	unsigned int i;

	tally_text(tally, text, sizeof(text));
	if (tally->leaks) {
		for (i = 0; i < sizeof(row->data); i++)
			sprintf(first + 3 * i, "%02x ", tally->pattern[i]);
		first[sizeof(first) - 2] = 0;
		row = row_add(memory, tally->way, VERDICT_LEAKED,
			      "the pattern at %u of %u addresses, the first 0x%" PRIx64 "%s: %s%s%s",
			      tally->leaks, tally->tries, tally->addr, tally->where, first,
			      *text ? "; " : "", text);
		row->addr = tally->addr;
		memcpy(row->data, tally->pattern, sizeof(row->data));
	} else if (!tally->tries) {
		row = row_add(memory, tally->way, VERDICT_NOT_TRIED, "%s",
			      tally->untried ? tally->untried : "no address");
	} else if (!is_leak(control) && !tally->has_bus_error) {
		row = row_add(memory, tally->way, VERDICT_NOT_TRIED,
			      "normal memory cannot be read in this way: %s", how(control));
	} else {
		row = row_add(memory, tally->way, VERDICT_REFUSED, "%s", text);
	}
	row->tries = tally->tries;
	row->leaks = tally->leaks;
}

static void try_places(struct memory *memory, const char *way, glance_fn *fn,
		       unsigned int arg, const struct glance *control)
{
	struct tally tally = { .way = way };
	unsigned int i;

	for (i = 0; i < memory->places; i++) {
		const struct place *place = &memory->place[i];
		struct target target = {
			.fd = place->fd, .offset = (int64_t)place->offset,
			.addr = place->addr, .pattern = place->pattern, .arg = arg,
		};
		struct glance glance = attempt(fn, &target);

		tally_add(&tally, &glance, place->pattern, "");
	}
	judge(memory, &tally, control);
}

/* A way of the module. */
static void try_module(const struct prove *prove, struct memory *memory, const char *way,
		       glance_fn *fn, unsigned int arg)
{
	struct target normal = { .fd = -1, .pattern = prove->pattern, .arg = arg };
	struct glance control = attempt(fn, &normal);

	/* The module maps RAM uncached for nothing. */
	if (control.err == EOPNOTSUPP) {
		normal.arg = RSTMEM_PROVE_CACHED;
		control = attempt(fn, &normal);
	}
	try_places(memory, way, fn, arg, &control);
}

static void try_kernel(const struct prove *prove, struct memory *memory, const char *way,
		       unsigned int arg)
{
	if (prove->may_abort || prove->info.flags & RSTMEM_PROVE_SURVIVES)
		try_module(prove, memory, way, glance_kernel, arg);
	else
		row_add(memory, way, VERDICT_NOT_TRIED,
			"this kernel does not survive a load that the bus refuses; --prove=abort takes that risk");
}

static void try_engines(const struct prove *prove, struct memory *memory)
{
	struct target normal = { .fd = -1, .pattern = prove->pattern };
	struct glance control;
	char way[48];

	for (;; normal.arg++) {
		control = attempt(glance_engine, &normal);
		/* ENXIO: there are no more engines. Untried: no look reaches an engine. */
		if (control.err == ENXIO || (!control.is_tried && control.err != EOPNOTSUPP))
			break;
		/* An engine that fails has no name. */
		if (*control.name)
			snprintf(way, sizeof(way), "DMA by %.31s", control.name);
		else
			snprintf(way, sizeof(way), "DMA by engine %u", normal.arg);
		try_places(memory, way, glance_engine, normal.arg, &control);
	}
	if (!normal.arg)
		row_add(memory, "DMA", VERDICT_NOT_TRIED,
			"the module knows no DMA engine of this system");
}

static void try_devmem(const struct prove *prove, struct memory *memory)
{
	struct target normal = { .addr = prove->page_addr, .pattern = prove->pattern };
	struct glance control = attempt(glance_devmem, &normal);

	/* STRICT_DEVMEM keeps all RAM back, but no ROM, whose content does not matter. */
	if (!is_leak(&control) && range_find("System ROM", &normal.addr)) {
		struct glance rom = attempt(glance_devmem, &normal);

		if (!rom.err && !rom.sig) {
			rom.sees = RSTMEM_PROVE_SEES_PATTERN;
			control = rom;
		}
	}
	try_places(memory, "/dev/mem", glance_devmem, 0, &control);
}

static void try_kcore(const struct prove *prove, struct memory *memory)
{
	struct target normal = { .addr = prove->page_addr, .pattern = prove->pattern };
	struct glance control = attempt(glance_kcore, &normal);
	bool is_risky = !prove->may_abort && !(prove->info.flags & RSTMEM_PROVE_SURVIVES);

	try_places(memory, "/proc/kcore", glance_kcore, is_risky, &control);
}

/* Add each power of two to the first and to the last page. */
static void try_aliases(const struct prove *prove, struct memory *memory)
{
	struct target normal = { .fd = -1, .pattern = prove->pattern };
	struct glance control = attempt(glance_around, &normal);
	struct tally tally = { .way = "alias" };
	const struct place *place;
	char where[64];
	uint32_t bit;
	int end;

	for (bit = (uint32_t)__builtin_ctzl((unsigned long)sysconf(_SC_PAGESIZE));
	     bit < prove->info.bits; bit++) {
		for (end = 0; end < 2; end++) {
			struct target target = { .bit = bit };
			struct glance glance;

			place = &memory->place[end ? memory->places - 1 : 0];
			target.fd = place->fd;
			target.offset = (int64_t)place->offset;
			target.pattern = place->pattern;
			glance = attempt(glance_around, &target);
			if (glance.err == ERANGE)
				continue;
			snprintf(where, sizeof(where), ", which is 0x%" PRIx64 " above the buffer",
				 UINT64_C(1) << bit);
			tally_add(&tally, &glance, place->pattern, where);
		}
	}
	judge(memory, &tally, &control);
}

/* Look before and behind the range, at the nearest pages and a little farther away. */
static void try_neighbours(const struct prove *prove, struct memory *memory)
{
	struct target normal = { .fd = -1, .pattern = prove->pattern };
	struct glance control = attempt(glance_around, &normal);
	const struct place *first = &memory->place[0];
	const struct place *last = &memory->place[memory->places - 1];
	int64_t page = sysconf(_SC_PAGESIZE), away;
	struct tally tally = { .way = "neighbours" };
	struct glance glance;

	if (!memory->end) {
		row_add(memory, "neighbours", VERDICT_NOT_TRIED,
			"/proc/iomem does not tell where the memory ends");
		return;
	}
	for (away = page; away <= RSTMEM_PROVE_NEAR; away *= 2) {
		struct target before = {
			.fd = first->fd, .offset = (int64_t)first->offset - away,
			.pattern = first->pattern,
		};
		struct target behind = {
			.fd = last->fd, .offset = (int64_t)last->offset + away,
			.pattern = last->pattern,
		};

		if (first->addr == memory->start) {
			glance = attempt(glance_around, &before);
			tally_add(&tally, &glance, first->pattern, ", which is before the range");
		}
		if (last->addr + (uint64_t)page - 1 == memory->end) {
			glance = attempt(glance_around, &behind);
			tally_add(&tally, &glance, last->pattern, ", which is behind the range");
		}
	}
	judge(memory, &tally, &control);
}

/* A firewall that misses the ends of the range shows only there. */
static void note_edges(struct memory *memory)
{
	const struct place *last = &memory->place[memory->places - 1];
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);

	if (memory->end && (memory->place[0].addr != memory->start ||
			    last->addr + page - 1 != memory->end))
		row_add(memory, "edges", VERDICT_NOT_TRIED,
			"the first or the last page of the range could not be allocated; release other buffers");
}

/* Only so many buffers are marked, and a limit may allow less. */
static void note_rest(struct memory *memory)
{
	if (memory->is_partial)
		row_add(memory, "rest", VERDICT_NOT_TRIED,
			"not all free memory has patterns; release other buffers, which divide it, or raise a limit");
}

/* Lists that name all RAM of the kernel. */
static void try_list(const struct prove *prove, struct memory *memory, const char *way,
		     bool is_possible, const char *absent)
{
	struct tally tally = { .way = way };
	unsigned int i;
	struct row *row;

	if (!is_possible) {
		row_add(memory, way, VERDICT_NOT_TRIED, "%s", absent);
		return;
	}
	if (!range_of(prove->page_addr, RANGE_RAM, NULL, NULL)) {
		row_add(memory, way, VERDICT_NOT_TRIED,
			"/proc/iomem does not even list memory of this process");
		return;
	}
	for (i = 0; i < memory->places; i++) {
		if (!range_of(memory->place[i].addr, RANGE_RAM, NULL, NULL))
			continue;
		if (!tally.leaks++)
			tally.addr = memory->place[i].addr;
	}
	if (tally.leaks)
		row = row_add(memory, way, VERDICT_LEAKED,
			      "%u of %u addresses are RAM of the kernel, of which all is written, the first 0x%" PRIx64,
			      tally.leaks, memory->places, tally.addr);
	else
		row = row_add(memory, way, VERDICT_REFUSED,
			      "no address is in the list of RAM of the kernel");
	row->tries = memory->places;
	row->leaks = tally.leaks;
	row->addr = tally.addr;
}

static bool can_hibernate(void)
{
	char text[128];

	return !line_read("/sys/power/state", text, sizeof(text)) && strstr(text, "disk");
}

/* Try all ways to get at a memory with patterns. */
void prove_ways(const struct prove *prove, struct memory *memory)
{
	/* The claims of both ends are the same, or the memory has several. */
	if (range_of(memory->place[0].addr, RANGE_CLAIM, &memory->start, NULL))
		range_of(memory->place[memory->places - 1].addr, RANGE_CLAIM, NULL,
			 &memory->end);
	try_module(prove, memory, "mapping", glance_mapping, 0);
	try_module(prove, memory, "cached mapping", glance_mapping, RSTMEM_PROVE_MAP_CACHED);
	try_kernel(prove, memory, "kernel load", RSTMEM_PROVE_UNCACHED);
	try_kernel(prove, memory, "cached kernel load", RSTMEM_PROVE_CACHED);
	try_engines(prove, memory);
	try_devmem(prove, memory);
	try_kcore(prove, memory);
	try_aliases(prove, memory);
	try_neighbours(prove, memory);
	note_edges(memory);
	note_rest(memory);
	try_list(prove, memory, "crash dump", !access("/sys/kernel/kexec_crash_size", F_OK),
		 "this kernel makes no crash dumps");
	try_list(prove, memory, "hibernation", can_hibernate(),
		 "this kernel does not hibernate");
}

/* Return: 0 with the address of a page of a buffer, or -errno. */
int prove_address(int fd, uint64_t offset, uint64_t *addr)
{
	static const uint8_t nothing[RSTMEM_PROVE_PATTERN];
	struct target target = { .fd = fd, .offset = (int64_t)offset, .pattern = nothing };
	struct glance glance = { 0 };
	bool is_ram;
	int look_fd = aim(&target, &glance, &is_ram);

	if (look_fd < 0)
		return -glance.err;
	close(look_fd);
	*addr = glance.addr;
	return 0;
}

/* Return: the physical address of a page of this process, 0 without one. */
static uint64_t own_address(const void *page)
{
	uint64_t size = (uint64_t)sysconf(_SC_PAGESIZE), entry = 0;
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return 0;
	if (pread(fd, &entry, sizeof(entry),
		  (off_t)((uintptr_t)page / size * sizeof(entry))) != (ssize_t)sizeof(entry))
		entry = 0;
	close(fd);
	/* Bit 63: present; the low 55 bits: number of the page. */
	return entry >> 63 ? (entry & ((UINT64_C(1) << 55) - 1)) * size : 0;
}

/* With the module loaded. Return: 0, or -errno. */
int prove_init(struct prove *prove)
{
	size_t size = (size_t)sysconf(_SC_PAGESIZE);
	int fd = open(PROVE_NODE, O_RDWR | O_CLOEXEC), ret = 0;

	if (fd < 0 || ioctl(fd, RSTMEM_PROVE_INFO, &prove->info))
		ret = -errno;
	if (fd >= 0)
		close(fd);
	if (ret)
		return ret;
	if (getrandom(prove->pattern, sizeof(prove->pattern), 0) !=
	    (ssize_t)sizeof(prove->pattern))
		return -EIO;
	prove->page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			   -1, 0);
	if (prove->page == MAP_FAILED) {
		prove->page = NULL;
		return -ENOMEM;
	}
	/* Without the lock, a way may not find the page. */
	mlock(prove->page, size);
	memcpy(prove->page, prove->pattern, sizeof(prove->pattern));
	prove->page_addr = own_address(prove->page);
	return 0;
}

void prove_deinit(struct prove *prove)
{
	if (prove->page)
		munmap(prove->page, (size_t)sysconf(_SC_PAGESIZE));
}
