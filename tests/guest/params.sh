#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The parameters pool= and elastic= of softtee. softtee refuses every mistake with one line in the
# log that quotes the item, and leaves nothing claimed; it accepts every good form. The addresses are of the lab's default guest: 128 MiB from 0x10000000
# and from 0x100000000 are set aside, 0x20000000 and up is not RAM, and the IOAPIC
# is at 0xfec00000.

claimed() {
	grep -c rstmem /proc/iomem
}

loaded() {
	[ -d /sys/module/softtee ]
}

# load [PARAMETER]: leaves softtee's lines of the log in /tmp/log. Busybox tries a
# refused module again in another way, and each line is there twice. Keep one half if
# both are the same.
load() {
	dmesg -c >/dev/null
	modprobe softtee "$@" 2>/tmp/error
	status=$?
	dmesg -c | sed 's/^\[ *[0-9.]*\] //' | grep '^softtee: ' |
		awk -v twice=$status '
			{ line[NR] = $0 }
			END {
				half = NR / 2
				same = twice && NR % 2 == 0
				for (n = 1; same && n <= half; n++)
					same = line[n] == line[n + half]
				for (n = 1; n <= (same ? half : NR); n++)
					print line[n]
			}' >/tmp/log
	return $status
}

# figure USE-CASE MEMBER: a number of rstmem info, or nothing for an unknown use case.
figure() {
	rstmem info --json |
		sed -n "/\"name\": \"$1\"/,/}/s/.*\"$2\": \([0-9]*\).*/\1/p"
}

parameter=pool

# bad ERROR WHAT VALUE LINE: LINE is what the log says after the name of the parameter.
bad() {
	why=''

	if load "$parameter=$3"; then
		why='it loads'
		rmmod softtee
	elif loaded; then
		why='it stays loaded'
	elif [ "$(cat /tmp/log)" != "softtee: $parameter $4" ]; then
		why="the log says: $(cat /tmp/log)"
	elif ! grep -q "$1" /tmp/error; then
		why="modprobe says: $(cat /tmp/error)"
	elif [ "$(claimed)" != 0 ]; then
		why="claimed: $(grep rstmem /proc/iomem)"
	fi
	[ -z "$why" ] || echo "# $3: $why"
	[ -z "$why" ]
	result $? "$parameter=: refuses $2"
}

invalid() {
	bad 'Invalid argument' "$@"
}

busy() {
	bad 'Device or resource busy' "$@"
}

form='not of the form SIZE@ADDRESS[:USE-CASE]'
size='size is not a number with an optional K, M or G'
address='address is not a number with an optional K, M or G'
multiple='size and address must be multiples of the page size'
beyond='ends beyond the physical address space'
use_case='use case is not secure-video, trusted-ui or secure-video-record'
overlap='overlaps another pool'
ram='is System RAM; set it aside with memmap= or as reserved memory'
claims='busy, another driver or a buffer still alive holds it, see /proc/iomem'

# item WHAT POOL WHY: POOL is a single item, and the line quotes it.
item() {
	invalid "$1" "$2" "\"$2\": $3"
}

# last WHAT POOL ITEM WHY: POOL has several items, and the line quotes ITEM.
last() {
	invalid "$1" "$2" "\"$3\": $4"
}

. ktap.sh
# Load it first: the log then says nothing about unsigned modules during the cases.
modprobe -q tee_rstmem || modprobe tee || exit 1

item 'garbage' 'garbage' "$form"
item 'a number alone' '1' "$form"
item 'a size alone' '1M' "$form"
item 'an item without @' '1M0x10000000' "$form"
item 'an item without @ and with a use case' '1M:secure-video' "$form"
# shellcheck disable=SC2016 # no variable
item '$ in place of @' '1M$0x10000000' "$form"
item '@ alone' '@' "$size"
item 'a missing size' '@0x10000000' "$size"
item 'a missing address' '1M@' "$address"
item 'a missing address before a use case' '1M@:secure-video' "$address"
item 'two @' '1M@0x10000000@0x10000000' "$address"
item 'garbage as size' 'x@0x10000000' "$size"
item 'garbage as address' '1M@x' "$address"
item 'junk after the size' '1Mx@0x10000000' "$size"
item 'the suffix MB' '1MB@0x10000000' "$size"
item 'two suffixes' '1KK@0x10000000' "$size"
item 'an unknown suffix' '1T@0x10000000' "$size"
item 'a suffix alone' 'M@0x10000000' "$size"
item 'a fraction' '1.5M@0x10000000' "$size"
item 'a prefix alone' '0x@0x10000000' "$size"
item 'a prefix and a suffix' '0xM@0x10000000' "$size"
item 'a bad octal number' '09@0x10000000' "$size"
item 'a hexadecimal number without prefix' '1M@ff000' "$address"
item 'junk after the address' '1M@0x10000000x' "$address"
item 'junk after the address suffix' '1M@256Mx' "$address"
item 'a plus sign' '+1M@0x10000000' "$size"
item 'a negative size' '-1M@0x10000000' "$size"
item 'a negative address' '1M@-0x10000000' "$address"

# The kernel ends an unquoted value at a line feed; modprobe adds quotes for a blank only.
newline='
'
invalid 'a line feed after the size' "\"4096$newline@0x10000000\"" \
	"\"4096\n@0x10000000\": $size"
invalid 'a line feed after the address' "\"4K@0x10000000$newline\"" \
	"\"4K@0x10000000\n\": $address"
invalid 'a line feed before the suffix' "\"4${newline}K@0x10000000\"" \
	"\"4\nK@0x10000000\": $size"
item 'a blank before the size' ' 1M@0x10000000' "$size"
item 'a blank after the address' '1M@0x10000000 ' "$address"
last 'an empty item first' ',1M@0x10000000' '' "$form"
last 'an empty item last' '1M@0x10000000,' '' "$form"
last 'an empty item between' '1M@0x10000000,,1M@0x10100000' '' "$form"
last 'a comma alone' ',' '' "$form"
last 'a wrong second item' '1M@0x10000000,1M@0x10100000x' '1M@0x10100000x' \
	"$address"
last 'three wrong items with a line for the first' 'a,b,c' a "$form"

item 'a size of 0' '0@0x10000000' 'size is 0'
item 'a size of 0K' '0K@0x10000000' 'size is 0'
item 'a size of a byte' '1@0x10000000' "$multiple"
item 'a size of a page and a byte' '4097@0x10000000' "$multiple"
item 'a size of half a page' '2K@0x10000000' "$multiple"
item 'an address within a page' '4K@0x10000001' "$multiple"
item 'an address in the middle of a page' '1M@0x10000800' "$multiple"

item 'a size of 2^64' '0x10000000000000000@0x10000000' "$size"
item 'a size of 2^64 in decimal' '18446744073709551616@0x10000000' "$size"
item 'a size of 2^64 by its suffix' '16G@0x10000000000000000' "$address"
item 'a suffix that overflows' '17179869184G@0x10000000' "$size"
item 'a suffix that overflows to a little' '17179869185G@0x10000000' "$size"
item 'an address that overflows' '4K@18014398509481984K' "$address"
item 'an end that overflows' '8K@0xfffffffffffff000' "$beyond"
item 'an end that overflows to a pool' '0xfffffffff0001000@0x10000000' "$beyond"
item 'the last page of 64 bits' '4K@0xfffffffffffff000' "$beyond"
item 'an address of 63 bits' '4K@0x4000000000000000' "$beyond"
item 'an address of 53 bits' '4K@0x10000000000000' "$beyond"
item 'a size of 2^63' '0x8000000000000000@0' "$beyond"

item 'an unknown use case' '1M@0x10000000:video' "$use_case"
item 'an empty use case' '1M@0x10000000:' "$use_case"
item 'a use case in capitals' '1M@0x10000000:Secure-Video' "$use_case"
item 'the number of a use case' '1M@0x10000000:1' "$use_case"
item 'junk after a use case' '1M@0x10000000:trusted-ui2' "$use_case"
item 'the beginning of a use case' '1M@0x10000000:secure-vide' "$use_case"
item 'two use cases' '1M@0x10000000:trusted-ui:secure-video' "$use_case"

last 'the same pool twice' '1M@0x10000000,1M@0x10000000' '1M@0x10000000' "$overlap"
last 'the same pool for two use cases' '1M@0x10000000,1M@0x10000000:trusted-ui' \
	'1M@0x10000000:trusted-ui' "$overlap"
last 'a pool that begins within another' '2M@0x10000000,2M@0x10100000' '2M@0x10100000' "$overlap"
last 'a pool that ends within another' '2M@0x10100000,2M@0x10000000' '2M@0x10000000' "$overlap"
last 'a pool within another' '4M@0x10000000,4K@0x10200000' '4K@0x10200000' "$overlap"
last 'a pool around another' '4K@0x10200000,4M@0x10000000' '4M@0x10000000' \
	"$overlap"
last 'an overlap of one page' '1M@0x10000000,1M@0x100ff000' '1M@0x100ff000' "$overlap"
last 'an overlap of the third with the first' \
	'1M@0x10000000,1M@0x10200000,1M@0x10000000' '1M@0x10000000' "$overlap"

busy 'a range in System RAM' '1M@0x2000000' "\"1M@0x2000000\": $ram"
busy 'a range whose first page is System RAM' '1M@0xffff000' "\"1M@0xffff000\": $ram"
busy 'a range whose last pages are System RAM' '132M@0x10000000' "\"132M@0x10000000\": $ram"
busy 'a range of which only the middle is set aside' '256M@0x8000000' "\"256M@0x8000000\": $ram"
busy 'System RAM beyond 4 GiB' '1M@0x108000000' "\"1M@0x108000000\": $ram"
busy 'System RAM in the second pool' '1M@0x10000000,1M@0x2000000' "\"1M@0x2000000\": $ram"
# The line writes the range as the kernel writes addresses.
busy 'a range that a driver holds' '4K@0xfec00000' \
	"0x00000000fec00000-0x00000000fec00fff: $claims"

# softtee claims the good pool, then refuses the second and releases the first.
! load pool='1M@0x10000000,4K@0xfec00000' && ! loaded && [ "$(claimed)" = 0 ] &&
	[ "$(tail -n 1 /tmp/log)" = "softtee: pool 0x00000000fec00000-0x00000000fec00fff: $claims" ]
result $? 'pool=: refuses a range of a driver after a good one, which it releases'

many=4K@0x10000000
for i in 1 2 3 4 5 6 7 8 9 a b c d e f; do
	many="$many,4K@0x1000${i}000"
done
last 'a seventeenth pool' "$many,4K@0x10010000" '4K@0x10010000' 'too many pools'
zeros=000000000000000000000000000000000000000000000000000000000000
item 'an item that is too long' "1M@0x${zeros}10000000" \
	'address is not a number with an optional K, M or G'
longer=$zeros$zeros$zeros$zeros$zeros$zeros$zeros$zeros
longer=$longer$longer$longer
! load pool="1M@0x$longer" && ! loaded && [ "$(claimed)" = 0 ]
result $? 'pool=: refuses a parameter longer than the kernel takes'

# Good ones.

# good WHAT POOL IOMEM USE-CASE TOTAL
good() {
	why=''

	if ! load pool="$2"; then
		why="$(cat /tmp/error /tmp/log)"
	elif [ "$(sed -n 's/^ *\(.*\) : rstmem$/\1/p' /proc/iomem | tr '\n' ' ')" != "$3 " ]; then
		why="claimed: $(grep rstmem /proc/iomem)"
	elif [ "$(figure "$4" total)" != "$5" ]; then
		why="$4 has $(figure "$4" total)"
	elif ! grep -q 'NO PROTECTION' /tmp/log; then
		why='no warning'
	elif [ "$(rstmem alloc -s 4K -u "$4" --json | grep -c '"size": 4096')" != 1 ]; then
		why='no allocation'
	fi
	rmmod softtee || why="$why it does not unload"
	[ "$(claimed)" = 0 ] || why="$why it leaves: $(grep rstmem /proc/iomem)"
	[ -z "$why" ] || echo "# $2: $why"
	[ -z "$why" ]
	result $? "pool=: accepts $1"
}

video=secure-video
range=10000000-100fffff
good 'the suffix M' '1M@0x10000000' $range $video 1048576
good 'the suffix K' '1024K@0x10000000' $range $video 1048576
good 'the suffix m' '1m@0x10000000' $range $video 1048576
good 'decimal numbers' '1048576@268435456' $range $video 1048576
good 'hexadecimal numbers' '0x100000@0x10000000' $range $video 1048576
good 'hexadecimal numbers in capitals' '0X100000@0X10000000' $range $video 1048576
good 'octal numbers' '04000000@02000000000' $range $video 1048576
good 'hexadecimal numbers with a suffix' '0x400K@0x100M' 10000000-100fffff $video 1048576
good 'an address with M' '1M@256M' $range $video 1048576
good 'an address with G' '1M@4G' 100000000-1000fffff $video 1048576
good 'a size of one page' '4K@0x10000000' 10000000-10000fff $video 4096
good 'all memory that is set aside' '128M@0x10000000' 10000000-17ffffff $video 134217728
good 'the use case secure-video' '1M@0x10000000:secure-video' $range secure-video 1048576
good 'the use case trusted-ui' '1M@0x10000000:trusted-ui' $range trusted-ui 1048576
good 'the use case secure-video-record' '1M@0x10000000:secure-video-record' $range \
	secure-video-record 1048576
good 'two adjacent pools' '1M@0x10100000,1M@0x10000000' \
	'10000000-100fffff 10100000-101fffff' $video 2097152
good 'sixteen pools' "$many" \
	"$(for i in 0 1 2 3 4 5 6 7 8 9 a b c d e f; do
		echo "1000${i}000-1000${i}fff"
	done | tr '\n' ' ' | sed 's/ $//')" $video 65536

# Several use cases, one of them twice.
load pool='1M@0x10000000,2M@0x10400000:trusted-ui,3M@0x10800000,4M@0x100000000:secure-video-record'
result $? 'four pools: softtee loads'
[ "$(grep -c 'KiB for' /tmp/log)" = 4 ]
result $? 'four pools: the log has a line for each'
grep -q '^softtee: pool 0x0000000010800000-0x0000000010afffff: 3072 KiB for secure-video$' /tmp/log
result $? 'four pools: a line has range, size and use case'
[ "$(figure secure-video total)" = 4194304 ]
result $? 'four pools: the total of a use case is the sum of its pools'
[ "$(figure secure-video largest_free)" = 3145728 ]
result $? 'four pools: the largest free extent is in one pool'
[ "$(figure trusted-ui total)" = 2097152 ]
result $? 'four pools: the second use case has its own total'
[ "$(figure secure-video-record total)" = 4194304 ]
result $? 'four pools: the third use case has its own total'

# with_1m COMMAND...: runs it while the first pool of the use case is full.
with_1m() {
	rstmem alloc -s 1M -- "$@"
}
with_1m rstmem info --json | grep -q '"used": 1048576,'
result $? 'four pools: a buffer of the first pool is counted'
with_1m rstmem alloc -s 3M >/tmp/out 2>&1
result $? 'four pools: the second pool serves when the first is full'
with_1m rstmem alloc -s 1M -- rstmem alloc -s 1M -- rstmem alloc -s 1M \
	>/tmp/out 2>&1
result $? 'four pools: the second pool serves to its end'
with_1m rstmem alloc -s 3M -- sh -c '! rstmem alloc -s 4K' >/tmp/out 2>&1 &&
	grep -q 'largest free 0 B (4 MiB used of 4 MiB)' /tmp/out
result $? 'four pools: fails when both pools of a use case are full'
! rstmem alloc -s 4M >/tmp/out 2>&1
result $? 'four pools: a buffer is not divided among pools'
with_1m rstmem alloc -s 3M -- rstmem alloc -s 2M -u trusted-ui >/tmp/out 2>&1
result $? 'four pools: a full use case leaves the others their pools'
[ "$(figure secure-video used)" = 0 ]
result $? 'four pools: no memory is in use in the end'
rmmod softtee && [ "$(claimed)" = 0 ]
result $? 'four pools: unloading releases every range'

# No pool. softtee.c tests the errors of the device.
none() {
	rstmem info >/tmp/out 2>&1
	code=$?
	# Heaps of the kernel's framework stay when their device goes.
	[ -d /sys/class/rstmem_heap ] || code=3
	[ $code = 3 ] && loaded && [ "$(claimed)" = 0 ] &&
		grep -q '^/dev/tee0: no restricted memory$' /tmp/out
	result $? "$1: the TEE device has no restricted memory"
	rstmem alloc -s 4K -d /dev/tee0 >/tmp/out 2>&1
	[ $? = 3 ]
	result $? "$1: allocation ends with status 3"
	grep -q '^softtee: no pool given, so no restricted memory$' /tmp/log
	result $? "$1: the log says that there is no pool"
	rmmod softtee
}

load pool=
none 'an empty parameter'
load
none 'no parameter'

# Memory that comes and goes. Good forms are in the test elastic.
parameter=elastic
blocks='not whole blocks; elastic_block or /sys/devices/system/memory has the size'
item 'garbage' 'garbage' "$form"
invalid 'half a block' 64M@0x10000000 \
	"0x0000000010000000-0x0000000013ffffff: $blocks (error -22)"
invalid 'a block at half a block' 128M@0x14000000 \
	"0x0000000014000000-0x000000001bffffff: $blocks (error -22)"
busy 'RAM since boot' 128M@0x8000000 \
	"0x0000000008000000-0x000000000fffffff: in use, or System RAM; set it aside with memmap= or mem= (error -16)"
last 'two ranges of a use case' 128M@0x10000000,128M@0x100000000 128M@0x100000000 \
	'there is an elastic pool of that use case already'
last 'two ranges that overlap' 128M@0x10000000,128M@0x10000000:trusted-ui \
	128M@0x10000000:trusted-ui "$overlap"

finish
