#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Another driver has a heap of the same name. Ours of that name is not added, the log
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
check 'rival: loads' modprobe rstmem_rival
rival=$(major_of $video)
check 'softtee: loads beside the rival' \
	modprobe softtee pool=1M@0x10000000:secure-video,1M@0x14000000:trusted-ui
check 'heap: the log says that the name is taken' heap_said_so
check 'heap: the node stays that of the rival' [ "$(major_of $video)" = "$rival" ]
check 'heap: a heap of another name is added' [ -c $ui ]
check 'heap: the other node is not of the rival' [ "$(major_of $ui)" != "$rival" ]
check 'TEE device: allocates for the use case of the taken name' tee_allocates

rmmod softtee
check 'unload softtee: leaves its other heap' [ -c $ui ]
rmmod tee_rstmem
rmmod rstmem_heap
check 'unload rstmem_heap: removes our heap' [ ! -e $ui ]
check 'unload rstmem_heap: leaves the heap of the rival' [ "$(major_of $video)" = "$rival" ]
rmmod rstmem_rival
check 'unload the rival: removes its heap' [ ! -e $video ]
check 'softtee: loads without the rival' modprobe softtee pool=1M@0x10000000:secure-video
check 'heap: is added without the rival' [ -c $video ]
finish
