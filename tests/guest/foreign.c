// SPDX-License-Identifier: GPL-2.0-only
/*
 * foreign COMMAND [ARG]...: runs COMMAND with a dma-buf of another exporter, of normal
 * memory, as descriptor 3. A tool for test scripts, not a test.
 */
#include <err.h>
#include <fcntl.h>
#include <unistd.h>

#include "../support/guest.h"

int main(int argc, char **argv)
{
	if (argc < 2)
		errx(1, "no command");
	if (dup2(guest_udmabuf(), 3) != 3 || fcntl(3, F_SETFD, 0))
		err(1, "descriptor 3");
	execvp(argv[1], argv + 1);
	err(127, "%s", argv[1]);
}
