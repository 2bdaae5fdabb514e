/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Troubles that an elastic pool must bear: a process that pins pages, steps that fail, removal,
 * processors that come and go, RAM that is full, suspend, and a block that is lost.
 */
#ifndef _ELASTIC_TROUBLE_H
#define _ELASTIC_TROUBLE_H

#include <stdint.h>

void test_enemy(void);
/* A function of the kernel fails once, on the way out, or on the way back. */
void test_failed_growth(const char *function, int result, const char *what);
void test_failed_return(const char *function, int result, const char *what);
void test_cpu_hotplug(void);
void test_pressure(void);
void test_suspend(void);
/* @idle: bytes of RAM while no block is out */
void test_removal(uint64_t idle);
void test_poison(void);

#endif
