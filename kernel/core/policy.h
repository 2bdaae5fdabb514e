/* SPDX-License-Identifier: GPL-2.0-only */
/* Policy: the list of importers that is in force for a use case. */
#ifndef _RSTMEM_POLICY_H
#define _RSTMEM_POLICY_H

#include <linux/compiler_types.h>
#include <linux/types.h>

struct device;
struct rstmem_rules;

/**
 * struct rstmem_policy - devices that may import; a zeroed policy allows any
 * @rules:	a list, RCU; NULL allows any device
 */
struct rstmem_policy {
	struct rstmem_rules __rcu *rules;
};

void rstmem_policy_deinit(struct rstmem_policy *policy);
int rstmem_policy_set(struct rstmem_policy *policy, const char *text);
int rstmem_policy_show(const struct rstmem_policy *policy, char *text,
		       size_t size);
bool rstmem_policy_allows(const struct rstmem_policy *policy,
			  struct device *dev);
void rstmem_policy_warn(const struct rstmem_policy *policy, struct device *dev,
			const char *use_case, unsigned long ino, size_t size);

#endif /* _RSTMEM_POLICY_H */
