/* SPDX-License-Identifier: GPL-2.0-only */
/* Passing descriptors over Unix sockets, for test programs with several processes. */
#ifndef _TESTS_SOCKET_H
#define _TESTS_SOCKET_H

/* Sends a byte and a descriptor. Returns 0 or -errno; no SIGPIPE. */
int socket_send_fd(int sock, int fd);

/*
 * Receives a byte and a descriptor. Returns the descriptor, with FD_CLOEXEC; -ENODATA for
 * a byte alone, -EPIPE when the other end is closed, or -errno.
 */
int socket_receive_fd(int sock);

#endif
