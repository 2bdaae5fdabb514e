// SPDX-License-Identifier: GPL-2.0-only
/* Operations, see op.h. */
#include <stdio.h>

#include "op.h"

/* Relative frequencies. */
static const struct {
	const char *name;
	unsigned int weight;
} kinds[OP_KINDS] = {
	[OP_OPEN] = { "open", 12 },
	[OP_OPEN_HEAP] = { "open-heap", 6 },
	[OP_OPEN_EDU] = { "open-importer", 9 },
	[OP_CLOSE] = { "close", 30 },
	[OP_ALLOC] = { "alloc", 40 },
	[OP_ALLOC_HEAP] = { "alloc-heap", 16 },
	[OP_DUP] = { "dup", 10 },
	[OP_PASS] = { "pass", 12 },
	[OP_REGISTER] = { "register", 24 },
	[OP_FILL] = { "fill", 8 },
	[OP_CHECK] = { "check", 16 },
	[OP_INFO] = { "info", 8 },
	[OP_QUERY] = { "query", 6 },
	[OP_CPU] = { "cpu", 6 },
	[OP_READ] = { "read", 4 },
	[OP_ATTACH] = { "attach", 22 },
	[OP_DETACH] = { "detach", 5 },
	[OP_FORK] = { "fork", 5 },
	[OP_KILL] = { "kill", 4 },
	[OP_GARBAGE] = { "garbage", 12 },
	[OP_UNLOAD] = { "unload", 2 },
	[OP_REMOVE] = { "remove", 2 },
	[OP_RETURN] = { "return", 3 },
};

/* Splitmix64 of seed and index: each operation can be made without earlier ones. */
static uint64_t mix(uint64_t seed, uint64_t n)
{
	uint64_t x = seed * 0xd1342543de82ef95 + n * 0x9e3779b97f4a7c15;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	return x ^ x >> 31;
}

struct op op_make(uint64_t seed, unsigned int index)
{
	uint64_t first = mix(seed, 4ULL * index), second = mix(seed, 4ULL * index + 1);
	struct op op = {
		.actor = (first >> 32) % ACTORS,
		.slot = (first >> 40) % SLOTS,
		.a = second,
		.b = second >> 32,
		.c = mix(seed, 4ULL * index + 2),
	};
	unsigned int n, all = 0, at;

	for (n = 0; n < OP_KINDS; n++)
		all += kinds[n].weight;
	at = (uint32_t)first % all;
	for (n = 0; at >= kinds[n].weight; n++)
		at -= kinds[n].weight;
	op.kind = n;
	return op;
}

const char *op_name(enum op_kind kind)
{
	return kinds[kind].name;
}

void op_print(const struct op *op, char *text, size_t size)
{
	snprintf(text, size, "process %u: %s slot %u (%x %x %x)", op->actor,
		 kinds[op->kind].name, op->slot, op->a, op->b, op->c);
}
