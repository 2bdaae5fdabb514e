// SPDX-License-Identifier: GPL-2.0-only
/* Facts about the guest's kernel, see guest.h. */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/udmabuf.h>

#include "guest.h"
#include "ktap.h"

#define PAGE	4096UL

bool guest_since(int version, int patchlevel)
{
	struct utsname uts;
	int v, p;

	if (uname(&uts) || sscanf(uts.release, "%d.%d", &v, &p) != 2)
		ktap_bail("no kernel release");
	return v > version || (v == version && p >= patchlevel);
}

int guest_number(const char *path)
{
	FILE *f = fopen(path, "r");
	int n;

	if (!f)
		return -errno;
	if (fscanf(f, "%d", &n) != 1)
		n = -EINVAL;
	fclose(f);
	return n;
}

int guest_crypto_users(void)
{
	FILE *f = fopen("/proc/crypto", "r");
	char line[256];
	int n, sum = 0;

	if (!f)
		ktap_bail("/proc/crypto: %s", strerror(errno));
	while (fgets(line, sizeof(line), f))
		/* An algorithm without users has one reference. */
		if (sscanf(line, "refcnt : %d", &n) == 1)
			sum += n - 1;
	fclose(f);
	return sum;
}

bool guest_fdinfo_has(int fd, const char *line)
{
	char path[64], text[128];
	bool has = false;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	f = fopen(path, "r");
	while (f && !has && fgets(text, sizeof(text), f)) {
		text[strcspn(text, "\n")] = 0;
		has = !strcmp(text, line);
	}
	if (f)
		fclose(f);
	return has;
}

int guest_devmem(uint64_t addr, void *data, size_t size)
{
	uint8_t *shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	uint64_t start = addr & -PAGE;
	int status;
	pid_t pid;

	if (shared == MAP_FAILED || addr + size > start + PAGE)
		ktap_bail("no such page");
	pid = fork();
	if (!pid) {
		int fd = open("/dev/mem", O_RDONLY | O_SYNC | O_CLOEXEC);
		const volatile uint8_t *mem;
		size_t n;

		if (fd < 0)
			_exit(errno);
		mem = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, start);
		if (mem == MAP_FAILED)
			_exit(errno);
		/* Copy here, not in a system call, where the fault would kill the kernel. */
		for (n = 0; n < size; n++)
			shared[n] = mem[addr - start + n];
		_exit(0);
	}
	waitpid(pid, &status, 0);
	memcpy(data, shared, size);
	munmap(shared, PAGE);
	return WIFSIGNALED(status) ? WTERMSIG(status) : -WEXITSTATUS(status);
}

uint64_t guest_carveout(void)
{
	FILE *f = fopen("/sys/module/softtee/parameters/pool", "r");
	unsigned long long addr;

	if (!f || fscanf(f, "%*[^@]@%llx", &addr) != 1)
		ktap_bail("softtee has no pool");
	fclose(f);
	return addr;
}

int guest_udmabuf(void)
{
	struct udmabuf_create create = { .size = sysconf(_SC_PAGESIZE) };
	int dev = open("/dev/udmabuf", O_RDWR | O_CLOEXEC), fd;
	int mem = memfd_create("content", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (dev < 0 || mem < 0 || ftruncate(mem, create.size) ||
	    fcntl(mem, F_ADD_SEALS, F_SEAL_SHRINK))
		ktap_bail("no /dev/udmabuf or memfd");
	create.memfd = mem;
	fd = ioctl(dev, UDMABUF_CREATE, &create);
	if (fd < 0)
		ktap_bail("UDMABUF_CREATE: %s", strerror(errno));
	close(mem);
	close(dev);
	return fd;
}

int guest_run_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set) ? -errno : 0;
}

int guest_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	ssize_t rc = fd < 0 ? -1 : write(fd, text, strlen(text));
	int err = errno;

	if (fd >= 0)
		close(fd);
	return rc < 0 ? -err : 0;
}

void guest_set_wait_ms(const char *ms)
{
	/* The name where the TEE core has it, see docs/upstream.md, comes second. */
	if (guest_write("/sys/module/tee_rstmem/parameters/wait_ms", ms) &&
	    guest_write("/sys/module/tee/parameters/rstmem_wait_ms", ms))
		ktap_bail("cannot set wait_ms");
}

void guest_keep_modules(void)
{
	int fd = open("/lab/unload", O_WRONLY | O_TRUNC | O_CLOEXEC);

	if (fd < 0)
		ktap_bail("/lab/unload: %s", strerror(errno));
	close(fd);
}

uint64_t guest_meminfo(const char *key)
{
	FILE *f = fopen("/proc/meminfo", "r");
	unsigned long kib;
	char line[128];

	while (f && fgets(line, sizeof(line), f)) {
		if (strncmp(line, key, strlen(key)) ||
		    sscanf(line + strlen(key), ": %lu kB", &kib) != 1)
			continue;
		fclose(f);
		return kib * 1024ULL;
	}
	ktap_bail("no %s in /proc/meminfo", key);
}

static bool is_freeing(const char *path)
{
	char digit = '0';
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	/* The device may be gone by now. */
	if (fd >= 0 && read(fd, &digit, 1) != 1)
		digit = '0';
	if (fd >= 0)
		close(fd);
	return digit != '0';
}

void guest_settle(void)
{
	unsigned int n, ms = 0;
	glob_t paths;

	if (glob("/sys/class/rstmem/*/freeing", 0, NULL, &paths))
		return;
	for (n = 0; n < paths.gl_pathc; n++)
		while (is_freeing(paths.gl_pathv[n])) {
			if (ms++ == 60000)
				ktap_bail("%s: not 0 for a minute", paths.gl_pathv[n]);
			usleep(1000);
		}
	globfree(&paths);
}

bool guest_iomem_has(uint64_t addr, const char *name)
{
	FILE *f = fopen("/proc/iomem", "r");
	unsigned long long start, end;
	bool found = false;
	char line[256], *at;

	if (!f)
		return false;
	while (fgets(line, sizeof(line), f)) {
		at = strstr(line, " : ");
		if (at && sscanf(line, " %llx-%llx", &start, &end) == 2 &&
		    addr >= start && addr <= end && strstr(at, name))
			found = true;
	}
	fclose(f);
	return found;
}

/*
 * If the host has more to do, the alarm may come before the machine sleeps. The kernel refuses
 * to sleep then, because it was told how many events had come before.
 */
static int suspend_until_alarm(void)
{
	static const char alarm[] = "/sys/class/rtc/rtc0/wakealarm";
	char events[32];
	int rc = -EBUSY, tries;

	for (tries = 0; rc == -EBUSY && tries < 10; tries++) {
		snprintf(events, sizeof(events), "%d",
			 guest_number("/sys/power/wakeup_count"));
		/* An alarm that is set must be cleared first. */
		rc = guest_write(alarm, "0");
		if (!rc)
			rc = guest_write(alarm, "+10");
		if (rc)
			return rc;
		if (guest_write("/sys/power/wakeup_count", events))
			rc = -EBUSY;
		else
			rc = guest_write("/sys/power/state", "freeze");
	}
	return rc;
}

int guest_suspend(void)
{
	char name[32] = "";
	FILE *f = fopen("/sys/class/rtc/rtc0/name", "r");
	int rc;

	if (f && !fgets(name, sizeof(name), f))
		name[0] = 0;
	if (f)
		fclose(f);
	/* On this board Linux 7.3 wakes, and hangs, without the project's modules as well. */
	if (!strncmp(name, "rtc-pl031", 9) && !guest_since(7, 0))
		return suspend_until_alarm();
	if (guest_write("/sys/power/pm_test", "freezer"))
		return -EOPNOTSUPP;
	rc = guest_write("/sys/power/state", "freeze");
	guest_write("/sys/power/pm_test", "none");
	return rc;
}
