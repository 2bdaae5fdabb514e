#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Prints what rstmem VERB --json prints, with each exit status, for the test json: a line
# "== STATUS VERB ARGUMENT...", then the output. Runs in the lab's default guest.
# shellcheck disable=SC2016 # text in single quotes is for the command
cd /tmp || exit 1

show() {
	rstmem "$@" >out 2>/dev/null </dev/null
	echo "== $? $*"
	cat out
}

# The same as a user without permissions.
show_as_nobody() {
	su nobody -c "rstmem $*" >out 2>/dev/null </dev/null
	echo "== $? $*"
	cat out
}

# With a descriptor of a buffer, for inspect.
show_within() {
	rstmem alloc -s 64K "$@" -- sh -c 'rstmem inspect --json $RSTMEM_FD >out
		echo "== $? inspect --json"' 2>/dev/null </dev/null
	cat out
}

ui=/sys/class/rstmem/tee0,trusted-ui
heap=/dev/dma_heap/protected,secure-video

show info --json
show info --json -d /dev/tee0
show info --json -d $heap
show info --json -d /dev/null
show info --json extra
show_as_nobody info --json
show stat --json
show stat --json -u 9
show stat --json -d /dev/tee7
show alloc --json -s 1M
show alloc --json -s 1M -d $heap
show alloc --json -s 1G
show alloc --json -s 15E
show alloc --json -s 1M -u 5
show alloc -s x --json
show_as_nobody alloc --json -s 1M
chmod 0666 /dev/tee0
for limit in user_bytes user_buffers buffer_bytes; do
	echo 0 >$ui/limits/$limit
	show_as_nobody alloc --json -s 64K -u trusted-ui
	echo max >$ui/limits/$limit
done
chmod 0600 /dev/tee0
show_within
show_within --via heap
show inspect --json 77
show inspect --json 0
show inspect --json 1:77
show inspect --json 99999:1
show inspect --json
rstmem alloc -s 64K -- sh -c 'rstmem buffers --json >buffers; echo $? >status
	rstmem top --json -n 2 -i 0.1 >top; rstmem top --json -n 1 -v users >>top'
echo "== $(cat status) buffers --json"
cat buffers
echo '== 0 top --json'
cat top
show_as_nobody buffers --json
show_as_nobody top --json -n 1
umount /sys/kernel/debug
show buffers --json
mount -t debugfs debugfs /sys/kernel/debug
show conform --json -l
show conform --json --heap protected,trusted-ui
show conform --json -u 9
show doctor --json
show_as_nobody doctor --json
show doctor --json --prove --yes
show doctor --json --prove
show doctor --json --prove=all
show_as_nobody doctor --json --prove --yes
show features --json
show_as_nobody features --json
show features --json --bytes
# A small pool is quick to fill.
address=$(sed 's/^[^@]*@\(0x[0-9a-f]*\).*/\1/' /sys/module/softtee/parameters/pool)
rmmod rstmem_edu softtee
modprobe softtee "pool=4M@$address"
modprobe rstmem_bad_backend way=no-scrub
show conform --json
rmmod rstmem_bad_backend softtee
modprobe rstmem_fake use_cases=0
show info --json
rmmod rstmem_fake
rmmod tee_rstmem rstmem_heap
for verb in info stat buffers 'top -n 2 -i 0.1' 'alloc -s 1' conform doctor features; do
	# shellcheck disable=SC2086 # words
	show $verb --json
done
