// SPDX-License-Identifier: GPL-2.0-only
/*
 * QEMU's ramfb. A program of the guest writes a description of the picture to a file of
 * QEMU's fw_cfg, and QEMU scans the picture out of the guest's memory.
 *
 * ramfb reports no errors: it ignores a wrong description and goes on to show the picture
 * before. So everything is checked here and in frame.c. It cannot be switched off. Its
 * state when nothing is shown is a blank picture, in the kernel's page of zeros, which is
 * never freed.
 */
#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/delay.h>
#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/io-64-nonatomic-hi-lo.h>
#include <linux/io.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/of.h>
#include <linux/of_address.h>
#include <linux/string.h>

#include "ramfb.h"

/* fw_cfg's registers for DMA, on a PC and after the start of the MMIO range. */
#define PC_DMA_PORT		0x514
#define MMIO_DMA_OFFSET		16
#define DMA_SIGNATURE_HIGH	0x51454d55	/* "QEMU CFG" */
#define DMA_SIGNATURE_LOW	0x20434647

#define CONTROL_ERROR		BIT(0)
#define CONTROL_READ		BIT(1)
#define CONTROL_SELECT		BIT(3)
#define CONTROL_WRITE		BIT(4)

#define DIRECTORY_KEY		0x19
#define MAX_FILES		1024
#define FORMAT_XRGB8888		0x34325258

struct fw_cfg_dma {
	__be32 control;
	__be32 length;
	__be64 address;
};

struct fw_cfg_file {
	__be32 size;
	__be16 key;
	__be16 reserved;
	char name[56];
};

struct ramfb_config {
	__be64 addr;
	__be32 format;
	__be32 flags;
	__be32 width;
	__be32 height;
	__be32 stride;
} __packed;

/**
 * struct memory - memory that the device reads and writes
 * @dma:	a request
 * @config:	the picture
 * @count:	files in the directory
 * @files:	the directory
 */
struct memory {
	struct fw_cfg_dma dma;
	struct ramfb_config config;
	__be32 count;
	struct fw_cfg_file files[MAX_FILES];
};

static DEFINE_MUTEX(ramfb_lock);	/* guards memory */
static struct memory *memory;
static dma_addr_t memory_addr;
static void __iomem *registers;
static u16 ramfb_key;

#define ADDR_OF(member)	(memory_addr + offsetof(struct memory, member))

static int registers_map(void)
{
	struct device_node *node;

	if (IS_ENABLED(CONFIG_X86)) {
		registers = ioport_map(PC_DMA_PORT, 8);
		return registers ? 0 : -ENOMEM;
	}
	node = of_find_compatible_node(NULL, NULL, "qemu,fw-cfg-mmio");
	if (!node)
		return -ENODEV;
	registers = of_iomap(node, 0);
	of_node_put(node);
	if (!registers)
		return -ENOMEM;
	registers += MMIO_DMA_OFFSET;
	return 0;
}

static void registers_unmap(void)
{
	if (IS_ENABLED(CONFIG_X86))
		ioport_unmap(registers);
	else
		iounmap(registers - MMIO_DMA_OFFSET);
}

/* Read or write @length bytes of a file at @addr. */
static int transfer(u32 control, u32 key, dma_addr_t addr, u32 length)
{
	unsigned int tries;
	u32 state;

	lockdep_assert_held(&ramfb_lock);

	memory->dma.length = cpu_to_be32(length);
	memory->dma.address = cpu_to_be64(addr);
	WRITE_ONCE(memory->dma.control,
		   cpu_to_be32(key << 16 | CONTROL_SELECT | control));
	/* The second write starts the transfer. */
	dma_wmb();
	iowrite32be(upper_32_bits(ADDR_OF(dma)), registers);
	iowrite32be(lower_32_bits(ADDR_OF(dma)), registers + 4);

	for (tries = 0; tries < 1000; tries++) {
		state = be32_to_cpu(READ_ONCE(memory->dma.control));
		if (!(state & ~CONTROL_ERROR))
			return state ? -EIO : 0;
		usleep_range(10, 100);
	}
	return -EIO;
}

/* Find the file etc/ramfb. */
static int find_key(void)
{
	u32 n, count;
	int rc;

	rc = transfer(CONTROL_READ, DIRECTORY_KEY, ADDR_OF(count),
		      sizeof(memory->count) + sizeof(memory->files));
	if (rc)
		return rc;
	count = min_t(u32, be32_to_cpu(memory->count), MAX_FILES);
	for (n = 0; n < count; n++) {
		if (strncmp(memory->files[n].name, "etc/ramfb",
			    sizeof(memory->files[n].name)))
			continue;
		ramfb_key = be16_to_cpu(memory->files[n].key);
		return 0;
	}
	return -ENODEV;
}

/**
 * ramfb_show() - scan a picture out
 * @mode:	the picture, checked
 *
 * QEMU shows it with its next refresh, and no longer reads the picture before then.
 *
 * Return: 0 or -EIO.
 */
int ramfb_show(const struct ramfb_mode *mode)
{
	int rc;

	mutex_lock(&ramfb_lock);
	memory->config = (struct ramfb_config){
		.addr = cpu_to_be64(mode->addr),
		.format = cpu_to_be32(FORMAT_XRGB8888),
		.width = cpu_to_be32(mode->width),
		.height = cpu_to_be32(mode->height),
		.stride = cpu_to_be32(mode->stride),
	};
	rc = transfer(CONTROL_WRITE, ramfb_key, ADDR_OF(config),
		      sizeof(memory->config));
	mutex_unlock(&ramfb_lock);
	return rc;
}

/**
 * ramfb_blank() - show nothing
 *
 * Call this before a buffer is released that was shown.
 *
 * Return: 0 or -EIO.
 */
int ramfb_blank(void)
{
	const struct ramfb_mode mode = {
		.addr = page_to_phys(ZERO_PAGE(0)),
		.width = RAMFB_MIN_SIDE,
		.height = RAMFB_MIN_SIDE,
		.stride = RAMFB_MIN_SIDE * 4,
	};

	BUILD_BUG_ON(RAMFB_MIN_SIDE * RAMFB_MIN_SIDE * 4 > PAGE_SIZE);

	return ramfb_show(&mode);
}

/**
 * ramfb_init() - find the device and make it blank
 * @dev:	the display, for DMA
 *
 * Return: 0, -ENODEV when QEMU has no ramfb, -ENOMEM or -EIO.
 */
int ramfb_init(struct device *dev)
{
	int rc;

	rc = registers_map();
	if (rc)
		return rc;
	if (ioread32be(registers) != DMA_SIGNATURE_HIGH ||
	    ioread32be(registers + 4) != DMA_SIGNATURE_LOW) {
		rc = -ENODEV;
		goto err_unmap;
	}
	memory = dma_alloc_coherent(dev, sizeof(*memory), &memory_addr,
				    GFP_KERNEL);
	if (!memory) {
		rc = -ENOMEM;
		goto err_unmap;
	}

	mutex_lock(&ramfb_lock);
	rc = find_key();
	mutex_unlock(&ramfb_lock);
	if (!rc)
		rc = ramfb_blank();
	if (rc)
		goto err_free;
	return 0;

err_free:
	dma_free_coherent(dev, sizeof(*memory), memory, memory_addr);
err_unmap:
	registers_unmap();
	return rc;
}

/**
 * ramfb_deinit() - leave the device
 * @dev:	the display
 *
 * ramfb goes on to scan the blank picture out.
 */
void ramfb_deinit(struct device *dev)
{
	ramfb_blank();
	dma_free_coherent(dev, sizeof(*memory), memory, memory_addr);
	registers_unmap();
}
