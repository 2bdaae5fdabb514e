// SPDX-License-Identifier: GPL-2.0-only
/*
 * Parsing: numbers, ranges and use cases in module parameters and sysfs. memparse() would
 * accept junk and numbers that wrap around.
 */
#include <linux/ctype.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/ioport.h>
#include <linux/kstrtox.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/string.h>
#include <linux/tee_rstmem.h>

/* Longer than any valid number with its suffix. */
#define MAX_NUMBER	32

/**
 * tee_rstmem_parse_bytes() - read a number
 * @text:	digits in any base of C, and an optional K, M or G
 * @len:	length of the number in @text
 * @bytes:	out: the number
 *
 * Return: 0, -EINVAL when it is no number, or -ERANGE when it does not fit.
 */
int tee_rstmem_parse_bytes(const char *text, size_t len, u64 *bytes)
{
	char number[MAX_NUMBER], *suffix;
	unsigned int shift = 0;
	int rc;

	/* kstrtou64() would accept a sign and a line feed. */
	if (!len || len >= sizeof(number) || !isdigit(*text) ||
	    memchr(text, '\n', len))
		return -EINVAL;
	memcpy(number, text, len);
	number[len] = '\0';

	suffix = number + len - 1;
	switch (toupper(*suffix)) {
	case 'G':
		shift += 10;
		fallthrough;
	case 'M':
		shift += 10;
		fallthrough;
	case 'K':
		shift += 10;
		*suffix = '\0';
	}

	rc = kstrtou64(number, 0, bytes);
	if (rc)
		return rc;
	return check_shl_overflow(*bytes, shift, bytes) ? -ERANGE : 0;
}
EXPORT_SYMBOL_GPL(tee_rstmem_parse_bytes);

/**
 * tee_rstmem_parse_range() - read the range of a carveout
 * @text:	SIZE@ADDRESS, with numbers for tee_rstmem_parse_bytes()
 * @len:	length of the range in @text
 * @start:	out: physical address of the first byte
 * @size:	out: bytes
 *
 * Return: NULL, or a message about the error.
 */
const char *tee_rstmem_parse_range(const char *text, size_t len,
				   phys_addr_t *start, u64 *size)
{
	const char *at = memchr(text, '@', len);
	u64 first, last;

	if (!at)
		return "not of the form SIZE@ADDRESS";
	if (tee_rstmem_parse_bytes(text, at - text, size))
		return "size is not a number with an optional K, M or G";
	if (tee_rstmem_parse_bytes(at + 1, text + len - (at + 1), &first))
		return "address is not a number with an optional K, M or G";
	if (!*size)
		return "size is 0";
	if (!PAGE_ALIGNED(*size) || !PAGE_ALIGNED(first))
		return "size and address must be multiples of the page size";
	if (*size > SIZE_MAX || check_add_overflow(first, *size - 1, &last) ||
	    last > iomem_resource.end)
		return "ends beyond the physical address space";
	*start = first;
	return NULL;
}
EXPORT_SYMBOL_GPL(tee_rstmem_parse_range);

/**
 * tee_rstmem_parse_use_case() - find the use case of a name
 * @name:	a name of tee_rstmem_use_case_name()
 * @len:	length of the name
 * @use_case:	out: TEE_IOC_UC_*
 *
 * Return: 0 or -EINVAL.
 */
int tee_rstmem_parse_use_case(const char *name, size_t len, u32 *use_case)
{
	const char *known;
	u32 uc;

	for (uc = 0; uc <= TEE_IOC_UC_MAX; uc++) {
		known = tee_rstmem_use_case_name(uc);
		if (known && strlen(known) == len && !memcmp(name, known, len)) {
			*use_case = uc;
			return 0;
		}
	}
	return -EINVAL;
}
EXPORT_SYMBOL_GPL(tee_rstmem_parse_use_case);
