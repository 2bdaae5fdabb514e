// SPDX-License-Identifier: GPL-2.0-only
/* Plugging: show a device in every front end, and hide it. */
#include "../core/buffer.h"
#include "../core/device.h"
#include "debugfs.h"
#include "heap.h"
#include "plug.h"
#include "sysfs.h"

/**
 * rstmem_plug() - show a device in sysfs, as heaps, and to in-kernel callers
 * @rdev:	the device, complete
 *
 * May sleep.
 *
 * Return: 0, or -errno with the device hidden.
 */
int rstmem_plug(struct tee_rstmem_device *rdev)
{
	int rc;

	rc = rstmem_sysfs_add(rdev);
	if (rc)
		return rc;
	rstmem_device_plug(rdev);
	rstmem_heap_plug(rdev->use_cases);
	return 0;
}

/**
 * rstmem_unplug() - undo rstmem_plug()
 * @rdev:	the device
 *
 * After this returns, no call of the backend begins, except for rstmem_free and release.
 * May sleep.
 */
void rstmem_unplug(struct tee_rstmem_device *rdev)
{
	rstmem_device_unplug(rdev);
	rstmem_heap_unplug(rdev->use_cases);
	rstmem_sysfs_del(rdev);
}

/**
 * rstmem_init() - prepare core and front ends, when the module is loaded
 *
 * Return: 0 or -errno.
 */
int rstmem_init(void)
{
	int rc;

	rc = rstmem_buffer_init();
	if (rc)
		return rc;
	rc = rstmem_sysfs_init();
	if (rc) {
		rstmem_buffer_exit();
		return rc;
	}
	rstmem_debugfs_init();
	return 0;
}

/**
 * rstmem_exit() - undo rstmem_init(); no device is left
 */
void rstmem_exit(void)
{
	rstmem_debugfs_exit();
	rstmem_sysfs_exit();
	rstmem_buffer_exit();
}
