// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls of the secure world: two fast calls of OP-TEE's ABI (core/include/sm/optee_smc.h
 * of OP-TEE). They have no state and need no lock. The stock driver may make them at the
 * same time.
 */
#include <linux/arm-smccc.h>
#include <linux/bits.h>
#include <linux/cpumask.h>
#include <linux/device.h>
#include <linux/errno.h>
#include <linux/property.h>
#include <linux/string.h>

#include "optee.h"

#define FAST_CALL(_func) \
	ARM_SMCCC_CALL_VAL(ARM_SMCCC_FAST_CALL, ARM_SMCCC_SMC_32, \
			   ARM_SMCCC_OWNER_TRUSTED_OS, (_func))

/* a1 in: about this kernel, out: about the secure world */
#define EXCHANGE_CAPABILITIES	FAST_CALL(9)
#define CAP_UNIPROCESSOR	BIT(0)
#define CAP_PROTMEM		BIT(8)
#define CAP_DYNAMIC_PROTMEM	BIT(9)

/* out: a1 address, a2 size, a3 width of a physical address, bits */
#define GET_PROTMEM_CONFIG	FAST_CALL(20)

#define RETURN_OK		0

static int call(struct device *dev, u32 func, unsigned long a1,
		struct arm_smccc_res *res)
{
	const char *method;

	if (device_property_read_string(dev, "method", &method))
		return -ENXIO;
	if (!strcmp(method, "hvc"))
		arm_smccc_hvc(func, a1, 0, 0, 0, 0, 0, 0, res);
	else if (!strcmp(method, "smc"))
		arm_smccc_smc(func, a1, 0, 0, 0, 0, 0, 0, res);
	else
		return -ENXIO;
	return 0;
}

/* Get the capabilities of the secure world. Returns 0, -ENXIO or -ENODATA. */
static int get_capabilities(struct device *dev, unsigned long *caps)
{
	struct arm_smccc_res res;
	int rc;

	rc = call(dev, EXCHANGE_CAPABILITIES,
		  num_possible_cpus() == 1 ? CAP_UNIPROCESSOR : 0, &res);
	if (rc)
		return rc;
	*caps = res.a1;
	return res.a0 == RETURN_OK ? 0 : -ENODATA;
}

/**
 * optee_smc_lends() - ask OP-TEE whether it protects memory that is lent
 * @dev:	the stock driver's device; its property "method" is the way to call
 *
 * Return: 0 when OP-TEE protects lent memory, -EOPNOTSUPP otherwise.
 */
int optee_smc_lends(struct device *dev)
{
	unsigned long caps;

	if (get_capabilities(dev, &caps) || !(caps & CAP_DYNAMIC_PROTMEM))
		return -EOPNOTSUPP;
	return 0;
}

/**
 * optee_smc_protmem() - ask OP-TEE where its protected memory is
 * @dev:	the stock driver's device; its property "method" is the way to call
 * @range:	out: OP-TEE's answer, unchecked
 *
 * Return: 0; -ENXIO when the device tree does not have "method"; -ENODATA when OP-TEE
 * has no static protected memory, or is too old to report it; -EIO when OP-TEE reports
 * protected memory without its place.
 */
int optee_smc_protmem(struct device *dev, struct optee_range *range)
{
	struct arm_smccc_res res;
	unsigned long caps;
	int rc;

	rc = get_capabilities(dev, &caps);
	if (rc)
		return rc;
	if (!(caps & CAP_PROTMEM))
		return -ENODATA;

	rc = call(dev, GET_PROTMEM_CONFIG, 0, &res);
	if (rc)
		return rc;
	if (res.a0 != RETURN_OK)
		return -EIO;
	range->start = res.a1;
	range->size = res.a2;
	return 0;
}
