// SPDX-License-Identifier: GPL-2.0-only
/*
 * A backend attaches to another driver's device that is in use, and detaches again:
 * rstmem_host is the device, rstmem_fake the backend.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../support/guest.h"
#include "../support/ktap.h"
#include "../support/tee.h"

#define VIDEO		TEE_IOC_UC_SECURE_VIDEO_PLAY
#define HOST_IMPL_ID	0x686f
#define REMOVED		"/sys/module/rstmem_fake/parameters/removed"
#define SHM_LIVE	"/sys/module/rstmem_host/parameters/shm_live"

static int attach(void)
{
	char command[128];

	snprintf(command, sizeof(command),
		 "modprobe rstmem_fake attach_to=%d paddr=0x4000000000 2>/dev/null",
		 HOST_IMPL_ID);
	return system(command);
}

static int detach(void)
{
	return system("rmmod rstmem_fake 2>/dev/null");
}

static bool says_restricted(int tee)
{
	struct tee_ioctl_version_data vers;

	return !ioctl(tee, TEE_IOC_VERSION, &vers) &&
	       (vers.gen_caps & TEE_GEN_CAP_RSTMEM);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* The device without a backend, to a file opened now. */
static void test_plain(const char *when)
{
	struct tee_ioctl_rstmem_query query;
	int tee = tee_open(HOST_IMPL_ID);
	struct tee_mem mem;

	ktap(tee_rstmem(tee, VIDEO, 4096, NULL) == -EINVAL &&
	     tee_query(tee, 0, &query) == -EINVAL && !says_restricted(tee),
	     "%s: the stock device refuses restricted memory: EINVAL", when);
	tee_mem_alloc(tee, 4096, &mem);
	memset(mem.addr, 1, 4096);
	tee_mem_free(&mem);
	ktap_eq(guest_number(SHM_LIVE), 0,
		"%s: the stock device allocates and frees shared memory", when);
	close(tee);
}

static void test_attached(int before)
{
	struct tee_ioctl_param param;
	struct tee_mem mem;
	int tee = tee_open(HOST_IMPL_ID), buf, id;
	uint32_t ret;

	buf = tee_rstmem(tee, VIDEO, 8192, &id);
	ktap(buf >= 0, "attached: a file opened afterwards allocates");
	if (guest_since(6, 17))
		ktap_skip("attached: TEE_IOC_VERSION has TEE_GEN_CAP_RSTMEM",
			  "TEE_GEN_CAP_OBJREF has the bit");
	else
		ktap(says_restricted(tee),
		     "attached: TEE_IOC_VERSION has TEE_GEN_CAP_RSTMEM");
	ktap(!access("/sys/class/rstmem/tee1,secure-video", F_OK),
	     "attached: the use case is in sysfs");
	ktap_eq(tee_rstmem(before, VIDEO, 4096, NULL), -EINVAL,
		"attached: a file opened before is refused: EINVAL");
	param = tee_in(id, 0, 8192);
	ktap(!tee_invoke(tee, 1, 0, 0, &param, 1, &ret, NULL) && !ret,
	     "attached: the driver takes the buffer as a parameter");
	tee_mem_alloc(tee, 8192, &mem);
	tee_mem_free(&mem);
	ktap_eq(guest_number(SHM_LIVE), 1,
		"attached: the driver still allocates and frees shared memory");
	ktap(detach() != 0,
	     "attached: the backend does not unload while a buffer is alive");
	close(buf);
	close(tee);
}

struct asker {
	int tee, rc;
	void *page;
};

static void *ask(void *arg)
{
	struct asker *asker = arg;

	asker->rc = ioctl(asker->tee, TEE_IOC_RSTMEM_QUERY, asker->page) ? -errno : 0;
	return NULL;
}

/* The kernel reads the argument of a query from a page that is not there for long. */
static void test_detach_in_query(void)
{
	static union {
		struct tee_ioctl_rstmem_query query;
		uint8_t page[4096];
	} argument;
	struct uffdio_api api = { .api = UFFD_API };
	struct asker asker = { .tee = tee_open(HOST_IMPL_ID) };
	struct uffdio_register range = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	struct uffdio_copy copy = { .src = (uintptr_t)&argument, .len = 4096 };
	struct pollfd faults = { .fd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK),
				 .events = POLLIN };
	struct uffd_msg fault;
	pthread_t thread;

	if (faults.fd < 0) {
		close(asker.tee);
		ktap_eq(detach(), 0, "query: the backend unloads");
		ktap_skip("query: one that waits for its argument does not keep the backend",
			  "the kernel has no userfaultfd");
		return;
	}
	asker.page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	range.range.start = copy.dst = (uintptr_t)asker.page;
	range.range.len = 4096;
	if (ioctl(faults.fd, UFFDIO_API, &api) || ioctl(faults.fd, UFFDIO_REGISTER, &range))
		ktap_bail("userfaultfd: %s", strerror(errno));
	pthread_create(&thread, NULL, ask, &asker);
	if (poll(&faults, 1, 60000) != 1 ||
	    read(faults.fd, &fault, sizeof(fault)) != sizeof(fault))
		ktap_bail("the query does not read its argument");
	ktap_eq(detach(), 0, "query: one that waits for its argument does not keep the backend");
	argument.query.use_case = VIDEO;
	ioctl(faults.fd, UFFDIO_COPY, &copy);
	pthread_join(thread, NULL);
	ktap_eq(asker.rc, -ENODEV, "query: one that the backend did not wait for fails: ENODEV");
	munmap(asker.page, 4096);
	close(faults.fd);
	close(asker.tee);
}

struct call {
	int tee, id;
	uint32_t ms, ret;
	int rc;
	double ended;
};

static void *call(void *arg)
{
	struct call *c = arg;
	struct tee_ioctl_param param = tee_in(c->id, 0, 4096);

	c->rc = tee_invoke(c->tee, 1, c->ms, 0, &param, 1, &c->ret, NULL);
	c->ended = now();
	return NULL;
}

/* Detaching must wait for a call that uses a buffer. */
static void test_detach_in_call(void)
{
	struct tee_ioctl_rstmem_query query;
	struct call c = { .tee = tee_open(HOST_IMPL_ID), .ms = 2500 };
	double detached = 0;
	pthread_t thread;
	int buf, status, n;
	pid_t pid;

	buf = tee_rstmem(c.tee, VIDEO, 4096, &c.id);
	pthread_create(&thread, NULL, call, &c);
	usleep(300000);
	pid = fork();
	if (!pid) {
		closefrom(3);
		execlp("sh", "sh", "-c", "echo 1 >" REMOVED, NULL);
		_exit(1);
	}
	for (n = 0; n < 300; n++) {
		if (tee_query(c.tee, 0, &query) == -ENODEV)
			break;
		usleep(5000);
	}
	ktap(tee_rstmem(c.tee, VIDEO, 4096, NULL) == -ENODEV && !c.ended,
	     "detaching: allocation fails at once while a call is under way: ENODEV");
	waitpid(pid, &status, 0);
	detached = now();
	pthread_join(thread, NULL);
	ktap(status == 0 && !c.rc && !c.ret && detached >= c.ended,
	     "detaching: waits for the call, which succeeds");
	ktap_eq(tee_rstmem(c.tee, VIDEO, 4096, NULL), -ENODEV,
		"detached: a file opened while attached is refused: ENODEV");
	close(buf);
	close(c.tee);
	test_plain("detached");
	ktap_eq(detach(), 0, "detached: the backend unloads");
}

struct user {
	atomic_bool stop;
	unsigned long plain, restricted, wrong;
};

/* Uses the device in every way, with a backend attached or not. */
static void *use(void *arg)
{
	struct user *u = arg;
	struct tee_ioctl_param param;
	struct tee_mem mem;
	int tee, buf, id, rc;
	uint32_t ret;

	while (!u->stop) {
		tee = tee_open(HOST_IMPL_ID);
		tee_mem_alloc(tee, 4096, &mem);
		buf = tee_rstmem(tee, VIDEO, 4096, &id);
		if (buf >= 0) {
			u->restricted++;
			param = tee_in(id, 0, 4096);
			rc = tee_invoke(tee, 1, 0, 0, &param, 1, &ret, NULL);
			u->wrong += rc && rc != -EINVAL;
		} else {
			u->plain++;
			u->wrong += buf != -EINVAL && buf != -ENODEV;
		}
		tee_mem_free(&mem);
		if (buf >= 0)
			close(buf);
		close(tee);
	}
	return NULL;
}

static void test_race(unsigned int times)
{
	struct user users[2] = {};
	unsigned int n, attached = 0, detached = 0, k;
	pthread_t threads[2];

	for (n = 0; n < 2; n++)
		pthread_create(&threads[n], NULL, use, &users[n]);
	for (n = 0; n < times; n++) {
		attached += !attach();
		usleep(20000);
		/* A live buffer refuses rmmod; the parameter detaches. */
		detached += !system("echo 1 >" REMOVED);
		for (k = 0; k < 1000 && detach(); k++)
			usleep(1000);
	}
	for (n = 0; n < 2; n++) {
		users[n].stop = true;
		pthread_join(threads[n], NULL);
	}
	ktap(attached == times && detached == times,
	     "race: attaches and detaches %u times while two threads use the device",
	     times);
	ktap(users[0].plain + users[1].plain > times &&
	     users[0].restricted + users[1].restricted > times,
	     "race: threads meet the device detached and attached (%lu, %lu times)",
	     users[0].plain + users[1].plain,
	     users[0].restricted + users[1].restricted);
	ktap_eq(users[0].wrong + users[1].wrong, 0,
		"race: the threads see no error but EINVAL and ENODEV");
	ktap_eq(guest_number(SHM_LIVE), 0,
		"race: all shared memory of the driver is freed");
}

int main(int argc, char **argv)
{
	int before;
	struct tee_mem mem;

	ktap_start();
	if (system("modprobe rstmem_host"))
		ktap_bail("rstmem_host does not load");
	test_plain("before");
	before = tee_open(HOST_IMPL_ID);
	tee_mem_alloc(before, 4096, &mem);
	ktap_eq(attach(), 0, "attach: succeeds on a device in use");
	test_attached(before);
	tee_mem_free(&mem);
	ktap_eq(guest_number(SHM_LIVE), 0,
		"attached: the driver frees shared memory allocated before");
	close(before);
	test_detach_in_call();
	ktap_eq(attach(), 0, "attach: succeeds a second time");
	test_detach_in_query();
	ktap_eq(attach(), 0, "attach: succeeds a third time");
	ktap_eq(detach(), 0, "detach: the backend unloads from an idle device");
	test_plain("after");
	test_race(argc > 1 ? atoi(argv[1]) : 40);
	ktap(!system("rmmod rstmem_host"),
	     "detached: the driver of the device unloads");
	return ktap_end();
}
