/* SPDX-License-Identifier: GPL-2.0-only */
/* The importers of a use case: the list in force. */
#ifndef _RSTMEM_POLICY_H
#define _RSTMEM_POLICY_H

#include <linux/compiler_types.h>
#include <linux/types.h>

struct device;
struct rstmem_buffer;
struct rstmem_rules;

/**
 * struct rstmem_policy - which devices may attach
 * @rules:	a list, RCU; NULL: any device
 */
struct rstmem_policy {
	struct rstmem_rules __rcu *rules;
};

void rstmem_policy_init(struct rstmem_policy *policy);
void rstmem_policy_deinit(struct rstmem_policy *policy);
int rstmem_policy_set(struct rstmem_policy *policy, const char *text);
int rstmem_policy_show(const struct rstmem_policy *policy, char *text,
		       size_t size);
bool rstmem_policy_allows(const struct rstmem_policy *policy,
			  struct device *dev);
void rstmem_policy_complain(const struct rstmem_policy *policy,
			    struct device *dev,
			    const struct rstmem_buffer *buf);

#endif /* _RSTMEM_POLICY_H */
