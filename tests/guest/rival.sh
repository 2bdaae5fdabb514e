#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A heap of the kernel's own has the name already: ours of that name steps aside,
# says so, and everything else works. The addresses are of the lab's default guest.
video=/dev/dma_heap/protected,secure-video
ui=/dev/dma_heap/protected,trusted-ui

major_of() {
	stat -c %t "$1"
}

logged() {
	dmesg | grep -q "$1"
}

heap_said_so() {
	logged 'rstmem: the kernel has a dma-heap "protected,secure-video" already'
}

tee_allocates() {
	rstmem alloc -s 4096 -u secure-video -d /dev/tee0 >/dev/null
}

. ktap.sh
check 'another driver has the heap' modprobe rstmem_rival
rival=$(major_of $video)
check 'softtee loads' \
	modprobe softtee pool=1M@0x10000000:secure-video,1M@0x14000000:trusted-ui
check 'its heap of that name is not added, and the log says so' heap_said_so
check 'the node is still the other one' [ "$(major_of $video)" = "$rival" ]
check 'the heap of another name is added' [ -c $ui ]
check 'and it is ours' [ "$(major_of $ui)" != "$rival" ]
check 'the TEE device allocates' tee_allocates

rmmod softtee
check 'no heap is disconnected that never was' [ -c $ui ]
rmmod tee_rstmem
rmmod rstmem_heap
check 'our heap goes with its module' [ ! -e $ui ]
check 'the other one stays' [ "$(major_of $video)" = "$rival" ]
rmmod rstmem_rival
check 'until its driver goes' [ ! -e $video ]
check 'softtee loads again' modprobe softtee pool=1M@0x10000000:secure-video
check 'and has the heap' [ -c $video ]
finish
