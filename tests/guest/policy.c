// SPDX-License-Identifier: GPL-2.0-only
/*
 * Importer lists: the devices that may attach to buffers of a use case, as set by
 * sysfs and by the backend; refusals, their log line, and lists changed under load.
 * With "group": devices that share an IOMMU group.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../support/account.h"
#include "../support/edu.h"
#include "../support/guest.h"
#include "../support/ktap.h"
#include "../support/target.h"
#include "../support/tee.h"

#define VIDEO	TEE_IOC_UC_SECURE_VIDEO_PLAY
#define UI	TEE_IOC_UC_TRUSTED_UI
#define ACCOUNT	VIDEO_ACCOUNT

static int watch, edu;
static char device[64];

/* The device that the driver rstmem_edu is bound to. */
static void find_device(void)
{
	DIR *dir = opendir("/sys/bus/pci/drivers/rstmem_edu");
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (strchr(entry->d_name, ':'))
			snprintf(device, sizeof(device),
			"%.32s", entry->d_name);
	if (dir)
		closedir(dir);
	if (!*device)
		ktap_bail("no device of rstmem_edu");
}

/* The result of attaching and mapping. */
static int attach(int buf)
{
	int rc = edu_map(edu, buf, RSTMEM_EDU_TO_DEVICE, NULL);

	if (!rc)
		edu_unmap(edu);
	return rc;
}

static void test_lists(int buf)
{
	char by_device[96], part[96], text[128];
	const struct {
		const char *list;
		int rc;
	} cases[] = {
		{ "none", -EPERM },
		{ "driver:rstmem_edu", 0 },
		{ "driver:rstmem_ed", -EPERM },
		{ "driver:rstmem_*", 0 },
		{ "driver:vcodec driver:rstmem_edu", 0 },
		{ "driver:vcodec device:0000:ff:00.0", -EPERM },
		{ by_device, 0 },
		{ part, 0 },
		{ "compatible:*", -EPERM },
		{ "compatible:vendor,display driver:rstmem_edu", 0 },
		{ "any", 0 },
	};
	uint64_t failures = account_number(ACCOUNT, "failures/importer");
	unsigned int refused = 0;
	size_t n;

	snprintf(by_device, sizeof(by_device), "device:%s", device);
	snprintf(part, sizeof(part), "device:????%s", device + 4);
	account_read(ACCOUNT, "importers", text, sizeof(text));
	ktap(!strcmp(text, "any") && !attach(buf),
	     "importers: any device may attach by default");
	for (n = 0; n < sizeof(cases) / sizeof(*cases); n++) {
		if (account_write(ACCOUNT, "importers", cases[n].list))
			ktap_bail("%s: %s", cases[n].list, strerror(errno));
		account_read(ACCOUNT, "importers", text, sizeof(text));
		ktap(!strcmp(text, cases[n].list),
		     "importers: \"%s\" is read back as written", text);
		ktap_eq(attach(buf), cases[n].rc, "importers: \"%s\" %s",
			text, cases[n].rc ? "refuses the device: EPERM" :
					    "admits the device");
		refused += cases[n].rc != 0;
	}
	ktap_eq(account_number(ACCOUNT, "failures/importer"),
		failures + refused, "failures/importer: counts every refusal");
}

/* A platform device that the device tree of QEMU's virt board describes. */
static void test_compatible(int buf)
{
	static const char pcie[] = "pci-host-ecam-generic";
	static const struct {
		const char *list;
		int rc;
	} cases[] = {
		{ "none", -EPERM },
		{ "compatible:pci-host-ecam-generic", 0 },
		{ "compatible:pci-host-ecam", -EPERM },
		{ "compatible:vendor,vdec-* compatible:pci-host-*", 0 },
		{ "compatible:vendor,vdec-*", -EPERM },
		{ "driver:pci-host-ecam-generic", -EPERM },
		{ "driver:pci-host-generic", 0 },
	};
	size_t n;

	if (edu_map_of(edu, buf, pcie) == -ENODEV) {
		ktap_skip("importers: a list admits devices by compatible string",
			  "this machine has no device tree");
		return;
	}
	for (n = 0; n < sizeof(cases) / sizeof(*cases); n++) {
		account_write(ACCOUNT, "importers", cases[n].list);
		ktap_eq(edu_map_of(edu, buf, pcie), cases[n].rc,
			"importers: \"%s\" %s a device compatible with %s",
			cases[n].list, cases[n].rc ? "refuses" : "admits", pcie);
	}
	account_write(ACCOUNT, "importers", "any");
}

static void test_bad_lists(int buf)
{
	static const char * const bad[] = {
		"\n", "x", "driver:", "driver:a any", "none none",
	};
	char text[64], many[4000];
	size_t n;

	account_write(ACCOUNT, "importers", "none");
	for (n = 0; n < sizeof(bad) / sizeof(*bad); n++)
		ktap_eq(account_write(ACCOUNT, "importers", bad[n]), -EINVAL,
			"importers: malformed list \"%s\" is refused: EINVAL",
			*bad[n] == '\n' ? "\\n" : bad[n]);
	for (n = 0; n < 65; n++)
		memcpy(many + 10 * n, "driver:a1 ", 11);
	ktap_eq(account_write(ACCOUNT, "importers", many), -E2BIG,
		"importers: 65 rules are refused: E2BIG");
	account_read(ACCOUNT, "importers", text, sizeof(text));
	ktap(!strcmp(text, "none") && attach(buf) == -EPERM,
	     "importers: a refused list leaves the old one in force");
	account_write(ACCOUNT, "importers", "any");
}

static bool in_log(const char *what)
{
	static char log[1 << 18];
	FILE *f = popen("dmesg", "r");
	size_t n = f ? fread(log, 1, sizeof(log) - 1, f) : 0;

	if (f)
		pclose(f);
	log[n] = 0;
	return strstr(log, what);
}

static void test_log(void)
{
	/* Each use case has its own list. */
	const char *account = target_offers(UI) ? "tee0,trusted-ui" : ACCOUNT;
	int buf = tee_rstmem(watch, target_offers(UI) ? UI : VIDEO, 12288, NULL);
	struct stat st;
	char line[256];

	fstat(buf, &st);
	account_write(account, "importers", "driver:display*");
	ktap_eq(attach(buf), -EPERM,
		"importers: the list of %s refuses the device: EPERM",
		account);
	snprintf(line, sizeof(line),
		 "rstmem_edu %s: rstmem: refused: buffer %lu of 12288 bytes of %s is only for importers \"driver:display*\"",
		 device, (unsigned long)st.st_ino, account);
	if (!ktap(in_log(line), "log: a refusal names device, buffer and rule"))
		ktap_note("%s", line);
	account_write(account, "importers", "any");
	close(buf);
}

/* A new list does not detach attached devices. */
static void test_attached(int buf)
{
	struct account_buffer line;
	uint8_t byte;

	ktap_eq(edu_map(edu, buf, RSTMEM_EDU_TO_DEVICE, NULL), 0,
		"importers: an admitted device attaches and maps");
	ktap(account_find(buf, &line) && !strcmp(line.importers, device),
	     "sysfs: the list of buffers names the attached device");
	account_write(ACCOUNT, "importers", "none");
	ktap_eq(edu_read(edu, 0, &byte, 1), 0,
		"importers: an attached device still reads after the list refuses it");
	edu_unmap(edu);
	ktap(account_find(buf, &line) && !strcmp(line.importers, "-"),
	     "sysfs: the list of buffers names no device after detaching");
	ktap_eq(attach(buf), -EPERM,
		"importers: a detached device that is no longer listed is refused: EPERM");
	account_write(ACCOUNT, "importers", "any");
}

struct load {
	int buf;
	atomic_bool stop;
	atomic_ulong in, out;
	unsigned long wrong;
};

static void *attacher(void *arg)
{
	struct load *load = arg;
	int file = edu_open(), rc;

	while (!load->stop) {
		rc = edu_map(file, load->buf, RSTMEM_EDU_TO_DEVICE, NULL);
		if (!rc)
			edu_unmap(file);
		load->in += !rc;
		load->out += rc == -EPERM;
		load->wrong += rc && rc != -EPERM;
	}
	close(file);
	return NULL;
}

/* Tells whether both threads together were admitted and refused more than 10 times each. */
static bool loaded(const struct load loads[2])
{
	return loads[0].in + loads[1].in > 10 && loads[0].out + loads[1].out > 10;
}

static void test_load(int buf)
{
	static const char * const lists[] = {
		"any", "none", "driver:rstmem_edu", "driver:x device:y",
		"device:*", "compatible:z",
	};
	struct load loads[2] = { { .buf = buf }, { .buf = buf } };
	pthread_t threads[2];
	time_t begin = time(NULL);
	unsigned int n, failed = 0;
	char text[64];

	for (n = 0; n < 2; n++)
		pthread_create(&threads[n], NULL, attacher, &loads[n]);
	/* A busy machine may put the threads off. They have two minutes. */
	for (n = 0; n < 3000 || (!loaded(loads) && time(NULL) - begin < 120); n++) {
		failed += account_write(ACCOUNT,
		"importers", lists[n % 6]) != 0;
		account_read(ACCOUNT, "importers", text, sizeof(text));
		failed += strcmp(text, lists[n % 6]) != 0;
	}
	for (n = 0; n < 2; n++) {
		loads[n].stop = true;
		pthread_join(threads[n], NULL);
	}
	ktap_eq(failed, 0,
		"importers: 3000 lists are written and read back while two threads attach");
	ktap(loaded(loads),
	     "importers: two threads are admitted and refused under load (%lu, %lu times)",
	     loads[0].in + loads[1].in, loads[0].out + loads[1].out);
	ktap_eq(loads[0].wrong + loads[1].wrong, 0,
		"importers: attaching under load fails with EPERM only");
	account_write(ACCOUNT, "importers", "any");
}

/* A backend's list is the default; the administrator can replace it. */
static void test_backend(void)
{
	static const char account[] = "tee1,secure-video";
	char text[64];
	int fake, buf;

	ktap(system("modprobe rstmem_fake importers=x 2>/dev/null"),
	     "importers: a malformed list of a backend fails its registration");
	if (system("modprobe rstmem_fake paddr=0x4000000000 importers=driver:vcodec"))
		ktap_bail("rstmem_fake does not load");
	fake = tee_open(FAKE_IMPL_ID);
	account_read(account, "importers", text, sizeof(text));
	ktap(!strcmp(text, "driver:vcodec"),
	     "importers: the list of a backend is shown");
	buf = tee_rstmem(fake, VIDEO, 4096, NULL);
	ktap_eq(attach(buf), -EPERM,
		"importers: the list of a backend refuses the device: EPERM");
	account_write(account, "importers", "any");
	ktap_eq(attach(buf), 0,
		"importers: the administrator replaces the list of a backend");
	close(buf);
	close(fake);
	ktap(!system("rmmod rstmem_fake"),
	     "importers: the backend unloads afterwards");
}

/* Take its driver from the device beside edu, which is in the same IOMMU group. */
static void unbind_neighbour(void)
{
	char neighbour[64];
	int rc;

	snprintf(neighbour, sizeof(neighbour), "%.*s1",
		 (int)strlen(device) - 1, device);
	rc = guest_write("/sys/bus/pci/drivers/virtio-pci/unbind", neighbour);
	if (rc)
		ktap_bail("unbind %s: %s", neighbour, strerror(-rc));
}

/* edu and a device of virtio-pci share their translations. */
static void test_group(int buf)
{
	account_write(ACCOUNT, "importers", "driver:rstmem_edu");
	ktap_eq(attach(buf), -EPERM,
		"group: a device is refused beside one that is not on the list");
	account_write(ACCOUNT, "importers", "driver:rstmem_edu driver:virtio-pci");
	ktap_eq(attach(buf), 0, "group: devices are admitted that are all on the list");
	account_write(ACCOUNT, "importers", "driver:virtio-pci");
	ktap_eq(attach(buf), -EPERM,
		"group: a device is refused that is not on the list itself");
	account_write(ACCOUNT, "importers", "driver:rstmem_edu");
	unbind_neighbour();
	ktap_eq(attach(buf), 0, "group: a device without a driver does not count");
}

int main(int argc, char **argv)
{
	int buf;

	ktap_start();
	watch = target_open();
	edu = edu_open();
	find_device();
	edu_mask(edu, 40);
	buf = tee_rstmem(watch, VIDEO, 8192, NULL);
	if (argc > 1 && !strcmp(argv[1], "group")) {
		test_group(buf);
	} else {
		test_lists(buf);
		test_compatible(buf);
		test_bad_lists(buf);
		test_log();
		test_attached(buf);
		test_load(buf);
		test_backend();
	}
	close(buf);
	close(edu);
	ktap_eq(tee_used(watch, VIDEO), 0, "pool: is empty at the end");
	close(watch);
	return ktap_end();
}
