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
 * @list:	in the order of numbers
 * @value:	the number
 */
struct rstmem_number {
	struct list_head list;
	int value;
};

/**
 * struct rstmem_numbers - those in use
 * @list:	of numbers in use, in their order
 * @place:	the last of them below @next, or @list
 * @next:	what to try next
 * @first:	smallest number
 * @last:	largest number
 *
 * Numbers are given out in turn, so that one comes back late. The owner locks.
 */
struct rstmem_numbers {
	struct list_head list;
	struct list_head *place;
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
	INIT_LIST_HEAD(&numbers->list);
	numbers->place = &numbers->list;
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
	struct list_head *place = numbers->place;
	int value = numbers->next;

	while (place->next != &numbers->list &&
	       list_entry(place->next, struct rstmem_number, list)->value ==
	       value) {
		place = place->next;
		if (value++ == numbers->last) {
			value = numbers->first;
			place = &numbers->list;
		}
	}
	number->value = value;
	list_add(&number->list, place);

	if (value == numbers->last) {
		numbers->next = numbers->first;
		numbers->place = &numbers->list;
	} else {
		numbers->next = value + 1;
		numbers->place = &number->list;
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
	if (numbers->place == &number->list)
		numbers->place = number->list.prev;
	list_del(&number->list);
}

#endif /* _RSTMEM_NUMBER_H */
