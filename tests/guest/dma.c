// SPDX-License-Identifier: GPL-2.0-only
/*
 * DMA: a bus master reads and writes restricted buffers. Mapping is refused where it
 * would need a bounce buffer.
 *
 *	dma			the device reaches memory directly
 *	dma bounce		the guest has swiotlb=force
 *	dma iommu		the device is behind an IOMMU
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../support/content.h"
#include "../support/edu.h"
#include "../support/ktap.h"
#include "../support/tee.h"

#define VIDEO	TEE_IOC_UC_SECURE_VIDEO_PLAY
#define UI	TEE_IOC_UC_TRUSTED_UI
#define RECORD	TEE_IOC_UC_SECURE_VIDEO_RECORD
#define SIZE	(16 * KIB)

static uint8_t content[SIZE], seen[SIZE];
static int tee, edu;
/* Bits of the smallest mask, which reaches no carveout. */
static unsigned int least;

static int new_buffer(uint32_t use_case, int *id)
{
	int buf = tee_rstmem(tee, use_case, SIZE, id);

	if (buf < 0)
		ktap_bail("allocation: %s", strerror(-buf));
	return buf;
}

static void test_read(uint32_t use_case, uint32_t bits, uint64_t above,
		      const char *name)
{
	struct rstmem_edu_map map;
	uint32_t uc = 0;
	uint64_t size = 0;
	int id, buf = new_buffer(use_case, &id);

	content_make(content, SIZE, use_case);
	content_fill(tee, id, 0, content, SIZE);
	edu_mask(edu, bits);
	ktap_eq(edu_map(edu, buf, RSTMEM_EDU_TO_DEVICE, &map), 0,
		"%s: a device maps a buffer with a mask of %u bits",
		name, bits);
	ktap(map.addr >= above, "%s: the buffer lies at 0x%llx or above", name,
	     (unsigned long long)above);
	ktap_eq(map.size, SIZE, "%s: the map has the size of the buffer", name);
	memset(seen, 0, SIZE);
	ktap(!edu_read(edu, 0, seen, SIZE) && !memcmp(seen, content, SIZE),
	     "%s: the device reads the right bytes", name);
	ktap(!edu_info(edu, buf, &uc, &size) && uc == use_case && size == SIZE,
	     "%s: the importer learns use case and size", name);
	ktap_eq(edu_unmap(edu), 0, "%s: the device unmaps the buffer", name);
	close(buf);
}

static void test_write(void)
{
	int id, buf = new_buffer(VIDEO, &id);

	content_make(content, SIZE, 77);
	edu_mask(edu, 32);
	ktap_eq(edu_map(edu, buf, RSTMEM_EDU_FROM_DEVICE, NULL), 0,
		"write: a device maps a buffer for writing");
	ktap_eq(edu_write(edu, 100, content, 5000), 0,
		"write: the device writes to the buffer");
	edu_unmap(edu);
	ktap(content_is(tee, id, 100, content, 5000),
	     "write: the TEE reads what the device wrote");
	close(buf);
}

static void test_refused(uint32_t use_case, uint32_t bits, int error,
			 const char *name)
{
	struct rstmem_edu_map map;
	int buf = new_buffer(use_case, NULL);

	edu_mask(edu, bits);
	ktap_eq(edu_map(edu, buf, RSTMEM_EDU_TO_DEVICE, &map), error,
		"%s: a map for reading with a mask of %u bits is refused",
		name, bits);
	ktap_eq(edu_map(edu, buf, RSTMEM_EDU_FROM_DEVICE, &map), error,
		"%s: a map for writing with a mask of %u bits is refused", name,
		bits);
	close(buf);
}

/* A mask that misses only the last bytes of a buffer must refuse it. */
static void test_edge(void)
{
	struct tee_ioctl_rstmem_query query;
	struct rstmem_edu_map map;
	unsigned int bits;
	int buf;

	tee_query(tee, VIDEO, &query);
	buf = tee_rstmem(tee, VIDEO, query.total, NULL);
	if (buf < 0)
		ktap_bail("allocation: %s", strerror(-buf));
	edu_mask(edu, 64);
	edu_map(edu, buf, RSTMEM_EDU_TO_DEVICE, &map);
	edu_unmap(edu);
	bits = 64 - __builtin_clzll(map.addr + map.size - 1);
	edu_mask(edu, bits);
	ktap_eq(edu_map(edu, buf, RSTMEM_EDU_TO_DEVICE, &map), 0,
		"mask: a buffer of the whole pool maps with just enough bits, %u",
		bits);
	ktap_eq(map.size, query.total,
		"mask: a buffer of the whole pool maps whole");
	edu_unmap(edu);
	edu_mask(edu, bits - 1);
	ktap_eq(edu_map(edu, buf, RSTMEM_EDU_TO_DEVICE, &map), -ERANGE,
		"mask: a buffer of the whole pool is refused with one bit less");
	close(buf);
}

static void test_twice(void)
{
	int other = edu_open(), buf = new_buffer(VIDEO, NULL);
	struct rstmem_edu_map a, b;

	edu_mask(edu, 32);
	ktap(!edu_map(edu, buf, RSTMEM_EDU_TO_DEVICE, &a) &&
	     !edu_map(other, buf, RSTMEM_EDU_FROM_DEVICE, &b) &&
	     a.size == b.size,
	     "two importers: both map the buffer at the same time");
	close(buf);
	ktap_eq(tee_used(tee, VIDEO), SIZE,
		"two importers: they keep the buffer when the descriptor is closed");
	ktap(!edu_read(edu, 0, seen, 4096),
	     "two importers: the device reads when the descriptor is closed");
	edu_unmap(edu);
	ktap_eq(tee_used(tee, VIDEO), SIZE,
		"two importers: the second keeps the buffer when the first unmaps");
	close(other);
	ktap_eq(tee_used(tee, VIDEO), 0,
		"two importers: the buffer is freed when the second closes");
}

/* A device reads the memory of a freed buffer by its address. */
static void test_scrub(void)
{
	static const uint8_t zeros[SIZE];
	struct rstmem_edu_map map;
	int id, buf = new_buffer(VIDEO, &id);

	content_make(content, SIZE, 5);
	content_fill(tee, id, 0, content, SIZE);
	edu_mask(edu, 32);
	edu_map(edu, buf, RSTMEM_EDU_TO_DEVICE, &map);
	edu_unmap(edu);
	ktap(!edu_read_raw(edu, map.addr, seen, SIZE) &&
	     !memcmp(seen, content, SIZE),
	     "scrub: a device reads the content by its physical address");
	close(buf);
	ktap(!edu_read_raw(edu, map.addr, seen, SIZE) &&
	     !memcmp(seen, zeros, SIZE),
	     "scrub: a device reads zeros by the physical address after free");
}

static void direct(void)
{
	test_refused(VIDEO, least, -ERANGE, "below 4 GiB");
	test_read(VIDEO, 32, 1ULL << least, "below 4 GiB");
	test_read(VIDEO, 64, 1ULL << least, "below 4 GiB");
	test_read(UI, 32, 1ULL << least, "trusted UI");
	test_refused(RECORD, least, -ERANGE, "above 4 GiB");
	test_refused(RECORD, 32, -ERANGE, "above 4 GiB");
	test_read(RECORD, 40, 1ULL << 32, "above 4 GiB");
	test_write();
	test_edge();
	test_twice();
	test_scrub();
}

/* A bounce buffer would satisfy every mask. None may be used. */
static void bounce(void)
{
	test_refused(VIDEO, least, -EOPNOTSUPP, "forced swiotlb");
	test_refused(VIDEO, 64, -EOPNOTSUPP, "forced swiotlb");
	test_refused(RECORD, 64, -EOPNOTSUPP, "forced swiotlb, above 4 GiB");
	ktap_eq(tee_used(tee, VIDEO), 0,
		"forced swiotlb: the pool is empty after refusals");
}

/*
 * dma-iommu takes physical address 0 for "not mapped", and would leave a device its
 * access for good.
 */
static void test_address_0(void)
{
	struct rstmem_edu_map map;
	int fake, buf;

	if (system("modprobe rstmem_fake mode=range paddr=0"))
		ktap_bail("rstmem_fake does not load");
	fake = tee_open(FAKE_IMPL_ID);
	buf = tee_rstmem(fake, VIDEO, 4096, NULL);
	ktap_eq(edu_map(edu, buf, RSTMEM_EDU_TO_DEVICE, &map), -EOPNOTSUPP,
		"IOMMU: mapping physical address 0 is refused: EOPNOTSUPP");
	close(buf);
	close(fake);
	ktap(!system("rmmod rstmem_fake"), "IOMMU: the backend unloads afterwards");
}

/* An IOMMU brings all memory within reach of any mask. */
static void iommu(void)
{
	struct rstmem_edu_map map;
	int buf = new_buffer(RECORD, NULL);

	edu_mask(edu, 28);
	ktap(!edu_map(edu, buf, RSTMEM_EDU_TO_DEVICE, &map) &&
	     map.addr < 256 * MIB,
	     "IOMMU: memory above 4 GiB maps to an address below 256 MiB");
	edu_unmap(edu);
	close(buf);
	test_read(VIDEO, 28, 0, "behind an IOMMU");
	test_read(RECORD, 28, 0, "behind an IOMMU, above 4 GiB");
	test_write();
	test_address_0();
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "direct";

	ktap_start();
	tee = tee_open(SOFTTEE_IMPL_ID);
	edu = edu_open();
	least = edu_least_mask(edu);
	if (!strcmp(what, "bounce"))
		bounce();
	else if (!strcmp(what, "iommu"))
		iommu();
	else
		direct();
	ktap_eq(edu_mask(edu, least), 0,
		"mask: the smallest one can be set again");
	close(edu);
	ktap(!tee_used(tee, VIDEO) && !tee_used(tee, UI) &&
	     !tee_used(tee, RECORD), "pools: are empty at the end");
	close(tee);
	return ktap_end();
}
