/* SPDX-License-Identifier: GPL-2.0-only */
/* A kernel that follows this one by kexec, for test programs. */
#ifndef _TESTS_KEXEC_H
#define _TESTS_KEXEC_H

/*
 * Starts the kernel in /root/vmlinuz, with the command line and the files of this guest, where
 * the lab runs @argv, of which the last is NULL, instead of this program. Processes end at
 * once, as in a reboot that does not wait for them. Bails out on failure.
 */
void kexec_into(char *const argv[]) __attribute__((noreturn));

/*
 * Has the kernel in /root/vmlinuz start in the same way if this one crashes, in memory that
 * crashkernel= set aside. Bails out on failure.
 */
void kexec_on_crash(char *const argv[]);

#endif
