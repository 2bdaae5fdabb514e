/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Numbers: small integers that nobody else has, in constant time. Pure, so that it
 * runs in unit tests outside the kernel too.
 */
#ifndef _RSTMEM_NUMBER_H
#define _RSTMEM_NUMBER_H

#include <linux/list.h>
#include <linux/types.h>

/**
 * struct rstmem_number - a number that somebody has
 * @node:	in the order of numbers
 * @value:	the number
 */
struct rstmem_number {
	struct hlist_node node;
	int value;
};

/**
 * struct rstmem_numbers - those in use
 * @list:	of numbers in use, in their order
 * @place:	the last of them below @next, or NULL
 * @next:	what to try next
 * @first:	smallest number
 * @last:	largest number
 *
 * Numbers are given out in turn, so that one comes back late. The owner locks.
 */
struct rstmem_numbers {
	struct hlist_head list;
	struct hlist_node *place;
	int next;
	int first;
	int last;
};

/**
 * rstmem_numbers_init() - start with none in use
 * @numbers:	what to initialise
 * @first:	smallest number
 * @last:	largest number; there must be more than will ever be in use
 */
static inline void rstmem_numbers_init(struct rstmem_numbers *numbers, int first,
				       int last)
{
	INIT_HLIST_HEAD(&numbers->list);
	numbers->place = NULL;
	numbers->next = first;
	numbers->first = first;
	numbers->last = last;
}

/**
 * rstmem_number_take() - take a number
 * @numbers:	of these
 * @number:	becomes one that is not in use
 *
 * Those in use are passed over once in a round of all numbers.
 */
static inline void rstmem_number_take(struct rstmem_numbers *numbers,
				      struct rstmem_number *number)
{
	struct hlist_node *place = numbers->place;
	struct hlist_node *next = place ? place->next : numbers->list.first;
	int value = numbers->next;

	while (next &&
	       hlist_entry(next, struct rstmem_number, node)->value == value) {
		place = next;
		next = place->next;
		if (value++ == numbers->last) {
			value = numbers->first;
			place = NULL;
			next = numbers->list.first;
		}
	}
	number->value = value;
	if (place)
		hlist_add_behind(&number->node, place);
	else
		hlist_add_head(&number->node, &numbers->list);

	if (value == numbers->last) {
		numbers->next = numbers->first;
		numbers->place = NULL;
	} else {
		numbers->next = value + 1;
		numbers->place = &number->node;
	}
}

/**
 * rstmem_number_give() - give a number back
 * @numbers:	where it was taken from
 * @number:	the number
 */
static inline void rstmem_number_give(struct rstmem_numbers *numbers,
				      struct rstmem_number *number)
{
	struct hlist_node **pprev = number->node.pprev;

	if (numbers->place == &number->node)
		numbers->place = pprev == &numbers->list.first ? NULL :
				 hlist_entry(pprev, struct hlist_node, next);
	hlist_del(&number->node);
}

#endif /* _RSTMEM_NUMBER_H */
