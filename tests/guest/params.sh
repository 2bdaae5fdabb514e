#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The pool= parameter of softtee: every mistake is refused with one line in the
# log that quotes the item and leaves nothing claimed; every good form does what
# it says. The addresses are of the lab's default guest: 128 MiB from 0x10000000
# and from 0x100000000 are set aside, 0x20000000 and up is not RAM, and the IOAPIC
# is at 0xfec00000.

claimed() {
	grep -c rstmem /proc/iomem
}

loaded() {
	[ -d /sys/module/softtee ]
}

# load [PARAMETER]: leaves softtee's lines of the log in /tmp/log. Busybox loads a
# module that was refused a second time in another way, so each line is there
# twice: one half is kept if both are the same.
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

# figure USE-CASE MEMBER: what rstmem says, nothing if there is no such use case.
figure() {
	rstmem info --json |
		sed -n "/\"name\": \"$1\"/,/}/s/.*\"$2\": \([0-9]*\).*/\1/p"
}

# bad ERROR WHAT POOL LINE: LINE is what the log says after "pool ".
bad() {
	why=''

	if load pool="$3"; then
		why='it loads'
		rmmod softtee
	elif loaded; then
		why='it stays loaded'
	elif [ "$(cat /tmp/log)" != "softtee: pool $4" ]; then
		why="the log says: $(cat /tmp/log)"
	elif ! grep -q "$1" /tmp/error; then
		why="modprobe says: $(cat /tmp/error)"
	elif [ "$(claimed)" != 0 ]; then
		why="claimed: $(grep rstmem /proc/iomem)"
	fi
	[ -z "$why" ] || echo "# $3: $why"
	[ -z "$why" ]
	result $? "$2"
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

# item WHAT POOL WHY: the pool is a single item, which the line quotes.
item() {
	invalid "$1" "$2" "\"$2\": $3"
}

# last WHAT POOL ITEM WHY: so it is, but it is not the only one.
last() {
	invalid "$1" "$2" "\"$3\": $4"
}

. ktap.sh
# Its own lines, about an unsigned module, come before what is looked at.
modprobe tee_rstmem || exit 1

item 'garbage' 'garbage' "$form"
item 'a number alone' '1' "$form"
item 'a size alone' '1M' "$form"
item 'no @' '1M0x10000000' "$form"
item 'no @ but a use case' '1M:secure-video' "$form"
item 'another separator' '1M$0x10000000' "$form"
item 'nothing but @' '@' "$size"
item 'no size' '@0x10000000' "$size"
item 'no address' '1M@' "$address"
item 'no address but a use case' '1M@:secure-video' "$address"
item 'two @' '1M@0x10000000@0x10000000' "$address"
item 'garbage as size' 'x@0x10000000' "$size"
item 'garbage as address' '1M@x' "$address"
item 'junk after the size' '1Mx@0x10000000' "$size"
item 'MB' '1MB@0x10000000' "$size"
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
item 'a plus' '+1M@0x10000000' "$size"
item 'a negative size' '-1M@0x10000000' "$size"
item 'a negative address' '1M@-0x10000000' "$address"

# In quotes, or the kernel would take the value apart; modprobe adds them for a
# blank only.
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
last 'the second is wrong' '1M@0x10000000,1M@0x10100000x' '1M@0x10100000x' \
	"$address"
last 'only the first mistake is told' 'a,b,c' a "$form"

item 'size 0' '0@0x10000000' 'size is 0'
item 'size 0K' '0K@0x10000000' 'size is 0'
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

last 'the same twice' '1M@0x10000000,1M@0x10000000' '1M@0x10000000' "$overlap"
last 'the same for two use cases' '1M@0x10000000,1M@0x10000000:trusted-ui' \
	'1M@0x10000000:trusted-ui' "$overlap"
last 'overlap above' '2M@0x10000000,2M@0x10100000' '2M@0x10100000' "$overlap"
last 'overlap below' '2M@0x10100000,2M@0x10000000' '2M@0x10000000' "$overlap"
last 'one in the other' '4M@0x10000000,4K@0x10200000' '4K@0x10200000' "$overlap"
last 'one around the other' '4K@0x10200000,4M@0x10000000' '4M@0x10000000' \
	"$overlap"
last 'overlap by a page' '1M@0x10000000,1M@0x100ff000' '1M@0x100ff000' "$overlap"
last 'overlap with the first of three' \
	'1M@0x10000000,1M@0x10200000,1M@0x10000000' '1M@0x10000000' "$overlap"

busy 'System RAM' '1M@0x2000000' "\"1M@0x2000000\": $ram"
busy 'System RAM in its first page' '1M@0xffff000' "\"1M@0xffff000\": $ram"
busy 'System RAM in its last page' '132M@0x10000000' "\"132M@0x10000000\": $ram"
busy 'System RAM all around' '256M@0x8000000' "\"256M@0x8000000\": $ram"
busy 'System RAM beyond 4 GiB' '1M@0x108000000' "\"1M@0x108000000\": $ram"
busy 'System RAM second' '1M@0x10000000,1M@0x2000000' "\"1M@0x2000000\": $ram"
# The range is written as the kernel writes addresses.
busy 'a range of a driver' '4K@0xfec00000' \
	"0x00000000fec00000-0x00000000fec00fff: $claims"

# A good pool before it is claimed, said so, and released again.
load pool='1M@0x10000000,4K@0xfec00000'
[ $? != 0 ] && ! loaded && [ "$(claimed)" = 0 ] &&
	[ "$(tail -n 1 /tmp/log)" = "softtee: pool 0x00000000fec00000-0x00000000fec00fff: $claims" ]
result $? 'a range of a driver after a good one'

many=4K@0x10000000
for i in 1 2 3 4 5 6 7 8 9 a b c d e f; do
	many="$many,4K@0x1000${i}000"
done
last 'too many pools' "$many,4K@0x10010000" '4K@0x10010000' 'too many pools'
zeros=000000000000000000000000000000000000000000000000000000000000
item 'an item too long' "1M@0x${zeros}10000000" \
	'address is not a number with an optional K, M or G'
longer=$zeros$zeros$zeros$zeros$zeros$zeros$zeros$zeros
longer=$longer$longer$longer
! load pool="1M@0x$longer" && ! loaded && [ "$(claimed)" = 0 ]
result $? 'a parameter longer than the kernel takes'

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
	result $? "$1"
}

video=secure-video
range=10000000-100fffff
good 'M' '1M@0x10000000' $range $video 1048576
good 'K' '1024K@0x10000000' $range $video 1048576
good 'm' '1m@0x10000000' $range $video 1048576
good 'decimal' '1048576@268435456' $range $video 1048576
good 'hexadecimal' '0x100000@0x10000000' $range $video 1048576
good 'hexadecimal in capitals' '0X100000@0X10000000' $range $video 1048576
good 'octal' '04000000@02000000000' $range $video 1048576
good 'hexadecimal with a suffix' '0x400K@0x100M' 10000000-100fffff $video 1048576
good 'an address with M' '1M@256M' $range $video 1048576
good 'an address with G' '1M@4G' 100000000-1000fffff $video 1048576
good 'a page' '4K@0x10000000' 10000000-10000fff $video 4096
good 'all that is set aside' '128M@0x10000000' 10000000-17ffffff $video 134217728
good 'secure-video' '1M@0x10000000:secure-video' $range secure-video 1048576
good 'trusted-ui' '1M@0x10000000:trusted-ui' $range trusted-ui 1048576
good 'secure-video-record' '1M@0x10000000:secure-video-record' $range \
	secure-video-record 1048576
good 'side by side' '1M@0x10100000,1M@0x10000000' \
	'10000000-100fffff 10100000-101fffff' $video 2097152
good 'as many as possible' "$many" \
	"$(for i in 0 1 2 3 4 5 6 7 8 9 a b c d e f; do
		echo "1000${i}000-1000${i}fff"
	done | tr '\n' ' ' | sed 's/ $//')" $video 65536

# Several use cases, one of them twice.
load pool='1M@0x10000000,2M@0x10400000:trusted-ui,3M@0x10800000,4M@0x100000000:secure-video-record'
result $? 'four pools'
[ "$(grep -c 'KiB for' /tmp/log)" = 4 ]
result $? 'a line of the log for each'
grep -q '^softtee: pool 0x0000000010800000-0x0000000010afffff: 3072 KiB for secure-video$' /tmp/log
result $? 'with range, size and use case'
[ "$(figure secure-video total)" = 4194304 ]
result $? 'pools of a use case add up'
[ "$(figure secure-video largest_free)" = 3145728 ]
result $? 'but not for the largest buffer'
[ "$(figure trusted-ui total)" = 2097152 ]
result $? 'the second use case has its own'
[ "$(figure secure-video-record total)" = 4194304 ]
result $? 'the third, too'

# with_1m COMMAND...: runs it while the first pool of the use case is taken.
with_1m() {
	rstmem alloc -s 1M -- "$@"
}
with_1m rstmem info --json | grep -q '"used": 1048576,'
result $? 'a buffer of the first pool is counted'
with_1m rstmem alloc -s 3M >/tmp/out 2>&1
result $? 'the second pool is used when the first is full'
with_1m rstmem alloc -s 1M -- rstmem alloc -s 1M -- rstmem alloc -s 1M \
	>/tmp/out 2>&1
result $? 'to the end'
with_1m rstmem alloc -s 3M -- sh -c '! rstmem alloc -s 4K' >/tmp/out 2>&1 &&
	grep -q 'largest free 0 B (4 MiB used of 4 MiB)' /tmp/out
result $? 'and then there is no more'
! rstmem alloc -s 4M >/tmp/out 2>&1
result $? 'a buffer is not divided among pools'
with_1m rstmem alloc -s 3M -- rstmem alloc -s 2M -u trusted-ui >/tmp/out 2>&1
result $? 'nor do use cases share'
[ "$(figure secure-video used)" = 0 ]
result $? 'all is free in the end'
rmmod softtee && [ "$(claimed)" = 0 ]
result $? 'nothing stays claimed'

# No pool. The errors are looked at by softtee.c.
none() {
	rstmem info >/tmp/out 2>&1
	[ $? = 3 ] && loaded && [ "$(claimed)" = 0 ] &&
		grep -q '^/dev/tee0: no restricted memory$' /tmp/out
	result $? "$1: a TEE device without restricted memory"
	rstmem alloc -s 4K -d /dev/tee0 >/tmp/out 2>&1
	[ $? = 3 ]
	result $? "$1: so none is allocated"
	grep -q '^softtee: no pool given, so no restricted memory$' /tmp/log
	result $? "$1: the log says so"
	rmmod softtee
}

load pool=
none 'an empty parameter'
load
none 'no parameter'

finish
