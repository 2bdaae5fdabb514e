#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# rstmem(1) as a user or a script calls it, on the lab's default guest. Needs
# foreign.c and packaging's udev rule.
# Busybox's shell has what dash has.
# shellcheck shell=dash disable=SC2016 # text in single quotes is for the command
cd /tmp || exit 1
out=/tmp/out
err=/tmp/err

run() {
	"$@" >$out 2>$err </dev/null
	status=$?
}

used() {
	rstmem info --json | sed -n 's/.*"used": \([0-9]*\),.*/\1/p' |
		awk '{ sum += $1 } END { print sum + 0 }'
}

# Waits up to 5 s for a condition.
until_true() {
	local n=0

	until "$@"; do
		n=$((n + 1))
		[ $n -lt 100 ] || return 1
		sleep 0.05
	done
}

is_used() { [ "$(used)" = "$1" ]; }

one_line() { [ "$(wc -l <"$1")" = 1 ]; }

# complains WORDS: nothing is on stdout, and one line on stderr has WORDS.
complains() {
	[ ! -s $out ] && one_line $err && grep -q '^rstmem: ' $err &&
		grep -qF -- "$1" $err
}

# refused STATUS WORDS ARGUMENT...: rstmem ends with STATUS and WORDS on stderr.
refused() {
	local want=$1 words=$2
	shift 2

	run rstmem "$@"
	# With --json, the error is on stdout as well; the test json looks at it.
	case " $*" in
	*' -j'* | *' --json'*) ! grep -q '^{"error": "' $out || : >$out ;;
	esac
	command=$(printf '%s' "rstmem $*" | tr '\n' '?')
	[ $status = "$want" ] && complains "$words"
	result $? "$command: ends with status $want and says \"$words\""
}

wrong() {
	refused 2 "$@"
	check "$command: says where there is help" grep -q '; try: rstmem' $err
}

# empty WHEN
empty() {
	check "end: no memory is in use after $1" is_used 0
}

as_nobody() {
	run su nobody -c "$1"
}

# is_json FILE: a strict parser of JSON. value() removes one value from the front of
# $0; die() ends with status 1 at the first violation of the grammar.
is_json() {
	tr -d '\n' <"$1" | awk '
	function die() { bad = 1; exit 1 }
	function space() { sub(/^[ \t\r]+/, "") }
	function take(c) { space(); if (substr($0, 1, 1) != c) die(); $0 = substr($0, 2) }
	function peek() { space(); return substr($0, 1, 1) }
	function text() {
		space()
		if (!match($0, /^"([^"\\]|\\["\\\/bfnrt]|\\u[0-9a-fA-F][0-9a-fA-F][0-9a-fA-F][0-9a-fA-F])*"/)) die()
		$0 = substr($0, RLENGTH + 1)
	}
	function list(close_, member) {
		if (peek() == close_) { take(close_); return }
		for (;;) {
			if (member) { text(); take(":") }
			value()
			if (peek() != ",") break
			take(",")
		}
		take(close_)
	}
	function value(  c) {
		c = peek()
		if (c == "{") { take("{"); list("}", 1) }
		else if (c == "[") { take("["); list("]", 0) }
		else if (c == "\"") text()
		else if (match($0, /^(true|false|null|-?(0|[1-9][0-9]*)(\.[0-9]+)?)/)) $0 = substr($0, RLENGTH + 1)
		else die()
	}
	{ value(); if (peek() != "") die() }
	END { exit bad }'
}

. ktap.sh
details() {
	echo "# status $status"
	sed 's/^/# stdout: /' $out
	sed 's/^/# stderr: /' $err
}

status=0
: >$out
: >$err

# Help and version.
for words in '--help' '-h' 'help' 'help help' 'help --help' 'version --help'; do
	# shellcheck disable=SC2086
	run rstmem $words
	check "rstmem $words: prints the usage" grep -q '^Usage: rstmem VERB' $out
	check "rstmem $words: succeeds" [ "$status" = 0 ]
	check "rstmem $words: prints nothing to stderr" [ ! -s $err ]
done
for verb in info stat buffers top alloc inspect conform doctor features; do
	run rstmem help $verb
	cp $out first
	check "rstmem help $verb: prints the usage of the verb" \
		grep -q "^Usage: rstmem $verb " $out
	run rstmem $verb --help
	check "rstmem $verb --help: prints the same as help" cmp -s $out first
	run rstmem $verb -h
	check "rstmem $verb -h: prints the same as help" cmp -s $out first
done
for words in '--version' '-V' 'version'; do
	run rstmem "$words"
	check "rstmem $words: prints the version" \
		grep -qE '^rstmem [0-9]+\.[0-9]+\.[0-9]+$' $out
done
run rstmem
check 'rstmem alone: is wrong usage' [ $status = 2 ]
check 'rstmem alone: prints the usage to stderr' grep -q '^Usage:' $err
check 'rstmem alone: prints nothing to stdout' [ ! -s $out ]

# info
cat >tee_text <<'END'
/dev/tee0
  NOT PROTECTED: imitates restricted memory for development; the CPU can read it
  USE-CASE             GRANULE   TOTAL  USED  LARGEST-FREE  BUFFERS
  secure-video           4 KiB  64 MiB   0 B        64 MiB        0
  trusted-ui             4 KiB  16 MiB   0 B        16 MiB        0
  secure-video-record    4 KiB  16 MiB   0 B        16 MiB        0

  USE-CASE             CAPABILITIES
  secure-video         NOT PROTECTED, scrubs
  trusted-ui           NOT PROTECTED, scrubs
  secure-video-record  NOT PROTECTED, scrubs
END
heap_head() {
	echo /dev/dma_heap
	printf '  %-*s  MEMORY\n' "${1-43}" HEAP
}
# heap_line NAME MEMORY [WIDTH]
heap_line() {
	printf '  %-*s  %s\n' "${3-43}" "/dev/dma_heap/protected,$1" "$2"
}
# heaps_text MEMORY: the lines of all heaps, with MEMORY in their last column.
heaps_text() {
	heap_head
	for name in secure-video trusted-ui secure-video-record; do
		heap_line $name "$1"
	done
}
run rstmem info
{
	cat tee_text
	echo
	heaps_text 'that of a TEE device'
} >expected
check 'info: lists all devices and heaps' cmp -s $out expected
run rstmem info -d /dev/tee0
check 'info -d /dev/tee0: shows that device alone' cmp -s $out tee_text
run rstmem info --device=/dev/tee0
check 'info: accepts --device=PATH' cmp -s $out tee_text
{
	heap_head 34
	heap_line trusted-ui 'that of a TEE device' 34
} >expected
run rstmem info -d /dev/dma_heap/protected,trusted-ui
check 'info -d: shows one heap alone' cmp -s $out expected
ln -s /dev/dma_heap/protected,trusted-ui link
run rstmem info -d link
check 'info -d: accepts a link to a heap' \
	grep -qx '  link  that of a TEE device' $out
run rstmem info -d link -o use-case --noheadings
check 'info -d: knows the use case behind a link to a heap' grep -qx trusted-ui $out
cat >expected <<'END'
DEVICE                                       USE-CASE             TOTAL
/dev/tee0                                    secure-video         67108864
/dev/tee0                                    trusted-ui           16777216
/dev/tee0                                    secure-video-record  16777216
/dev/dma_heap/protected,secure-video         secure-video         -
/dev/dma_heap/protected,trusted-ui           trusted-ui           -
/dev/dma_heap/protected,secure-video-record  secure-video-record  -
END
run rstmem info --bytes --output DEVICE,use-case,Total
sed 's/  *\([^ ]*\)$/  \1/; s/  *TOTAL/  TOTAL/' $out >changed
sed 's/  *\([^ ]*\)$/  \1/' expected >wanted
check 'info --output: shows these columns of devices and heaps in one table' \
	cmp -s changed wanted
run rstmem info --noheadings
check 'info --noheadings: prints a line for each use case and heap' \
	[ "$(grep -c '^/dev/' $out)$(grep -vc '^/dev/' $out)" = 60 ]

json_use_case() {
	printf '        {\n          "use_case": %s,\n          "name": "%s",\n' "$1" "$2"
	printf '          "granule": 4096,\n          "floor": %s,\n' "$3"
	printf '          "total": %s,\n          "most": %s,\n' "$3" "$3"
	printf '          "used": %s,\n          "largest_free": %s,\n' "$4" $(($3 - $4))
	printf '          "buffers": %s,\n          "protected": false,\n' "$5"
	printf '          "scrubs": true,\n          "keeps_mapping": false,\n'
	printf '          "caps": 1\n        }'
}
json_heap() {
	printf '    {\n      "path": "/dev/dma_heap/protected,%s",\n' "$2"
	printf '      "restricted_memory": %s,\n      "use_case": %s,\n' "$3" "$1"
	printf '      "name": "%s",\n      "origin": "rstmem"\n    }' "$2"
}
json_heaps() {
	printf '  "heaps": [\n'
	json_heap 1 secure-video "$1"
	printf ',\n'
	json_heap 2 trusted-ui "$1"
	printf ',\n'
	json_heap 3 secure-video-record "$1"
	printf '\n  ]\n}\n'
}
json_info() {
	printf '{\n  "devices": [\n    {\n      "path": "/dev/tee0",\n'
	printf '      "restricted_memory": true,\n      "use_cases": [\n'
	json_use_case 1 secure-video 67108864 "$1" "$2"
	printf ',\n'
	json_use_case 2 trusted-ui 16777216 0 0
	printf ',\n'
	json_use_case 3 secure-video-record 16777216 0 0
	printf '\n      ]\n    }\n  ],\n'
	json_heaps true
}
run rstmem info --json
json_info 0 0 >expected
check 'info --json: has the documented form' cmp -s $out expected
check 'info --json: prints JSON' is_json $out
echo '{"a": [1, 2,]}' >bad
check 'the test: tells broken JSON from JSON' eval '! is_json bad'
run rstmem alloc -s 5000 -- rstmem info -j
json_info 8192 1 >expected
check 'info --json: counts a buffer' cmp -s $out expected
run rstmem info -j -d /dev/dma_heap/protected,secure-video
{
	printf '{\n  "devices": [],\n  "heaps": [\n'
	json_heap 1 secure-video true
	printf '\n  ]\n}\n'
} >expected
check 'info --json: has the documented form for one heap' cmp -s $out expected
check 'info --json: prints JSON for one heap' is_json $out

# stat
cat >expected <<'END'
/dev/tee0
  USE-CASE             USED   TOTAL   PEAK    FREE  LARGEST-FREE  FRAGMENTED  BUFFERS  LOST
  secure-video          0 B  64 MiB  8 KiB  64 MiB        64 MiB          0%        0   0 B
  trusted-ui            0 B  16 MiB    0 B  16 MiB        16 MiB          0%        0   0 B
  secure-video-record   0 B  16 MiB    0 B  16 MiB        16 MiB          0%        0   0 B

  LIMITS               USER-BYTES  USER-BUFFERS  BUFFER-BYTES  RESERVE
  secure-video               none          none          none     none
  trusted-ui               12 MiB             3         4 MiB    1 MiB
  secure-video-record        none          none          none     none

  REFUSED              NO-MEMORY  OVER-LIMIT  BACKEND  NO-IMPORTER  OUT-OF-REACH
  secure-video                 0           0        0            0             0
  trusted-ui                   0           0        0            0             0
  secure-video-record          0           0        0            0             0

  USE-CASE             IMPORTERS
  secure-video         any
  trusted-ui           driver:a device:b*
  secure-video-record  any
END
ui=/sys/class/rstmem/tee0,trusted-ui
echo 12M >$ui/limits/user_bytes
echo 3 >$ui/limits/user_buffers
echo 4M >$ui/limits/buffer_bytes
echo 1M >$ui/limits/reserve
echo driver:a device:b\* >$ui/importers
run rstmem stat
check 'stat: shows figures, limits, refusals and importers' cmp -s $out expected
run rstmem stat --noheadings -b -o lost,USER-BYTES,BUFFER-BYTES,IMPORTERS,USE-CASE -u 2
check 'stat --output: shows these columns in this order, without titles' \
	grep -qx '0  12582912  4194304  driver:a device:b\*  trusted-ui' $out
check 'stat --noheadings: prints one line for one use case' one_line $out
run rstmem stat -o DEVICE,USED
check 'stat --output: begins with the titles' \
	[ "$(head -n 1 $out | tr -s ' ')" = 'DEVICE USED' ]
check 'stat --output: prints one table' [ "$(wc -l <$out)" = 4 ]
json_number() {
	local value

	# Not every version of the modules has every file.
	value=$(cat "/sys/class/rstmem/$1/$2" 2>/dev/null || echo 0)
	[ "$value" != max ] || value=null
	printf '%s"%s": %s' "$3" "${4:-${2##*/}}" "$value"
}
json_account() {
	local name use_case=$1 account=tee0,$2 file

	printf '    {\n      "account": "%s",\n      "device": "/dev/tee0",\n' "$account"
	printf '      "use_case": %s,\n      "name": "%s"' "$use_case" "$2"
	for file in granule total free largest_free floor most elastic/out elastic/wanted \
		elastic/poisoned elastic/failed used peak buffers lost; do
		name=${file##*/}
		[ "$name" != failed ] || name=failed_steps
		json_number "$account" $file ',
      ' "$name"
	done
	printf ',\n      "limits": {'
	name='
        '
	for file in user_bytes user_buffers buffer_bytes reserve; do
		json_number "$account" limits/$file "$name"
		name=',
        '
	done
	printf '\n      },\n      "failures": {'
	name='
        '
	for file in no_memory limit backend importer reach; do
		json_number "$account" failures/$file "$name"
		name=',
        '
	done
	printf '\n      },\n      "importers": "%s"\n    }' \
		"$(cat "/sys/class/rstmem/$account/importers")"
}
json_accounts() {
	printf '{\n  "accounts": [\n'
	json_account 1 secure-video
	printf ',\n'
	json_account 2 trusted-ui
	printf ',\n'
	json_account 3 secure-video-record
	printf '\n  ]\n}\n'
}
run rstmem stat --json
json_accounts >expected
check 'stat --json: tells the numbers of sysfs' cmp -s $out expected
check 'stat --json: prints JSON' is_json $out
run rstmem alloc -s 5000 -u trusted-ui -- sh -c 'rstmem stat -j; rstmem stat -u 2 -d tee0'
check 'stat --json: counts a buffer' [ "$(grep -c '"used": 8192,' $out)" = 1 ]
check 'stat -u: shows no other use case' \
	[ "$(sed -n '/^}/,$p' $out | grep -c '^  secure-video')" = 0 ]
check 'stat -u: shows how much is used' grep -qE '^  trusted-ui +8 KiB  16 MiB' $out
as_nobody 'rstmem stat -j'
json_accounts >expected
check 'stat --json: needs no permission' cmp -s $out expected
refused 3 'no device offers use case 9; "rstmem stat" without options' stat -u 9
refused 3 '/dev/tee7 has no restricted memory; "rstmem stat" without' stat -d tee7
refused 3 '/dev/null: not a TEE device; its path is /dev/tee0 or the like' stat -d /dev/null
wrong '"video" is not a use case' stat -u video
wrong 'unexpected "x"' stat x

# Messages about limits. No limit applies to root.
chmod 0666 /dev/tee0 /dev/dma_heap/protected,trusted-ui
over() {
	local words=$1
	shift

	as_nobody "$*"
	check "alloc: explains the limit: $words" complains \
		"cannot allocate 3 MiB of trusted-ui on $words"
	check "alloc: ends with status 1: $words" [ "$status" = 1 ]
}
echo 2M >$ui/limits/user_bytes
over "/dev/tee0: a user may have 2 MiB and your processes hold 0 B; release buffers or have $ui/limits/user_bytes raised" \
	"rstmem alloc -u 2 -s 3M"
echo 4M >$ui/limits/user_bytes
over '/dev/tee0: a user may have 4 MiB and your processes hold 2 MiB;' \
	"rstmem alloc -u 2 -s 2M -- rstmem alloc -u 2 -s 3M"
over '/dev/dma_heap/protected,trusted-ui: a user may have 4 MiB and your processes hold 2 MiB;' \
	"rstmem alloc -u 2 -s 2M -- rstmem alloc -u 2 -s 3M --via heap"
echo max >$ui/limits/user_bytes
echo 1 >$ui/limits/user_buffers
over '/dev/tee0: a user may have 1 buffers and your processes hold 1; release some' \
	"rstmem alloc -u 2 -s 2M -- rstmem alloc -u 2 -s 3M"
echo max >$ui/limits/user_buffers
echo 1M >$ui/limits/buffer_bytes
over "/dev/tee0: a buffer may have 1 MiB; ask for less or have $ui/limits/buffer_bytes raised" \
	"rstmem alloc -u 2 -s 3M"
echo max >$ui/limits/buffer_bytes
echo 15M >$ui/limits/reserve
over '/dev/tee0: 16 MiB are free and 15 MiB of that are reserved; ask for less' \
	"rstmem alloc -u 2 -s 3M"
check 'sysfs: counts each allocation that a limit refused' \
	[ "$(cat $ui/failures/limit)" = 6 ]
echo 0 >$ui/limits/reserve
# Limits are compared with whole granules.
echo 6K >$ui/limits/buffer_bytes
as_nobody 'rstmem alloc -u 2 -s 5K'
check 'alloc: explains a buffer limit that is no multiple of the granule' complains \
	'cannot allocate 5 KiB, rounded up to 8 KiB, of trusted-ui on /dev/tee0: a buffer may have 6 KiB;'
echo max >$ui/limits/buffer_bytes
echo 6K >$ui/limits/user_bytes
as_nobody 'rstmem alloc -u 2 -s 5K'
check 'alloc: explains a user limit that is no multiple of the granule' complains \
	'cannot allocate 5 KiB, rounded up to 8 KiB, of trusted-ui on /dev/tee0: a user may have 6 KiB and'
echo max >$ui/limits/user_bytes
run rstmem alloc -u 2 -s 3M
check 'alloc: no limit applies to root' [ "$status" = 0 ]
chmod 0600 /dev/tee0 /dev/dma_heap/protected,trusted-ui
echo 0 >$ui/limits/reserve
echo any >$ui/importers
empty 'the limits'

# The settings of packaging's example for udev, written to sysfs by hand.
policy=/root/61-rstmem-policy.rules
sed -n '/^KERNEL=/s/.*KERNEL=="tee\*,\([^"]*\)", \(.*\)/\1 \2/p' $policy |
	while read -r name rest; do
		echo "$rest" | sed 's/, ATTR/\nATTR/g' |
			sed -n "s/^ATTR{\\([^}]*\\)}=\"\\(.*\\)\"\$/$name \\1 \\2/p"
	done >settings
check 'policy example: has six settings' [ "$(wc -l <settings)" = 6 ]
while read -r account file value; do
	check "policy example: sysfs accepts $account $file $value" \
		eval 'echo "$value" >"/sys/class/rstmem/tee0,$account/$file"'
done <settings
check 'policy example: the importer list is in force' \
	[ "$(cat $ui/importers)" = driver:vendor-drm ]
echo any >$ui/importers
for file in user_bytes user_buffers buffer_bytes; do
	echo max >/sys/class/rstmem/tee0,secure-video/limits/$file
done
echo 0 >/sys/class/rstmem/tee0,secure-video/limits/reserve
echo any >/sys/class/rstmem/tee0,secure-video/importers

# buffers
run rstmem buffers
check 'buffers: prints a header without buffers' \
	grep -qE '^SIZE  ACCOUNT  AGE  USER  PID' $out
check 'buffers: prints nothing but a header without buffers' one_line $out
mkdir holders
cat >hold <<'END'
rstmem alloc -s 1M -- sh -c 'touch holders/a; read -r x <fifo_a'
END
mkfifo fifo_a
sh hold &
until_true [ -e holders/a ]
rstmem alloc -s 3M -u trusted-ui -- rstmem buffers >$out 2>$err
check 'buffers: lists the larger buffer first' \
	[ "$(sed 1d $out | sed 's/  .*//' | tr '\n' ,)" = '3 MiB,1 MiB,' ]
check 'buffers: shows account, user, command and process' grep -qE \
	'^3 MiB  tee0,trusted-ui    +[0-9]+s  root +[0-9]+  rstmem   runs +[0-9]+ +[0-9]+ +- +[1-9][0-9:]+ rstmem,[1-9][0-9:]+ rstmem$' $out
rstmem alloc -s 3M -u trusted-ui -- rstmem buffers -r >$out 2>$err
check 'buffers -r: reverses the order' [ "$(sed -n '2s/  .*//p' $out)" = '1 MiB' ]
rstmem alloc -s 3M -u trusted-ui -- rstmem buffers -x age >$out 2>$err
check 'buffers -x age: lists the older buffer first' \
	[ "$(sed -n '2s/  .*//p' $out)" = '1 MiB' ]
rstmem alloc -s 3M -u trusted-ui -- rstmem buffers -u trusted-ui >$out 2>$err
check 'buffers -u: lists buffers of one use case only' [ "$(wc -l <$out)" = 2 ]
run rstmem buffers -b --noheadings -o size,account
check 'buffers --output: shows these columns, without titles' \
	grep -qx '1048576  tee0,secure-video' $out
run rstmem buffers
holders=$(for fd in /proc/[0-9]*/fd/*; do
	case $(readlink "$fd") in /dmabuf:*) echo "$fd" ;; esac
done | sed 's|/proc/\([0-9]*\)/fd/|\1:|' | sort)
check 'buffers: names each process and descriptor that holds a buffer' \
	[ "$(sed 1d $out | grep -oE '[0-9]+:[0-9]+' | sort)" = "$holders" ]
check 'buffers: two processes hold the buffer of a command' \
	[ "$(echo "$holders" | wc -l)" = 2 ]
check 'buffers: names the command of a holder' grep -qE '[0-9]+:[0-9]+ sh$' $out
run rstmem buffers -j
check 'buffers --json: has each process and descriptor that holds a buffer' \
	[ "$(sed -n '/"holders"/,/\]/s/.*"pid": \([0-9]*\),/\1/p' $out | sort)" = \
	"$(echo "$holders" | sed 's/:.*//' | sort)" ]
sed '/"holders"/,/\]/d' $out >plain
run rstmem buffers -j
check 'buffers --json: prints JSON' is_json $out
cp plain $out
line=$(cat /sys/kernel/debug/rstmem/buffers)
of_line() { echo "$line" | tr ' ' '\n' | sed -n "s/^$1=//p"; }
check 'buffers --json: tells the values of debugfs' \
	[ "$(sed -n 's/^      "\(account\|size\|uid\|pid\|comm\|ino\)": "*\([^"]*[^",]\)"*,$/\2/p' $out | tr '\n' ' ')" = \
	"$(for key in account size uid pid comm ino; do of_line $key; done | tr '\n' ' ')" ]

# top, without a terminal.
run rstmem top -n 1
check 'top: shows how full an account is' grep -qE \
	'^tee0,secure-video +\[#-* +\] +1 MiB  64 MiB +[0-9.]+ [KM]iB +1 ' $out
check 'top: shows the process that has a buffer' grep -qE \
	'^1 MiB +2% +1  root +[0-9]+  rstmem   tee0,secure-video +[0-9]+s  runs +-$' $out
run rstmem top -n 1 -v users
check 'top -v users: shows the user that has a buffer' \
	grep -qE '^1 MiB +2% +- +1  root  tee0,secure-video' $out
run rstmem top -n 1 -v buffers -u secure-video
check 'top -v buffers: shows the columns of buffers' \
	grep -q '^ *SIZE  ACCOUNT .* INODE' $out
check 'top -u: shows one account only' [ "$(grep -c '^tee0,' $out)" = 1 ]
run rstmem top -j -n 3 -i 0.1
check 'top --json: prints one line a round' [ "$(wc -l <$out)" = 3 ]
n=0
while read -r line; do
	n=$((n + 1))
	echo "$line" >line
	check "top --json: line $n is JSON" is_json line
done <$out
rstmem stat -j | tr -d ' \n' | sed 's/^{//; s/}$//' >wanted
run rstmem top -j -n 1
tr -d ' \n' <$out | sed 's/^{"time_ms":[0-9]*,//; s/,"buffers":\[{"account":.*//' >changed
check 'top --json: has the accounts of stat' cmp -s changed wanted
rstmem buffers -j | sed '/"holders"/,/\]/d; s/"age_ms": [0-9]*/"age_ms": N/' | tr -d ' \n' |
	sed 's/^{//; s/}$//' >wanted
sed 's/"age_ms": [0-9]*/"age_ms": N/; s/.*\("buffers": \[{"acc.*\)}$/\1/' $out |
	tr -d ' \n' >changed
check 'top --json: has the buffers of buffers' cmp -s changed wanted
echo >fifo_a
wait
empty 'the cases of buffers and top'
run rstmem top -n 2 -i 0.1 -r -x pid
check 'top -n 2: prints two rounds' [ "$(grep -c '^ACCOUNT' $out)" = 2 ]
check 'top -n 2: succeeds' [ "$status" = 0 ]
as_nobody 'rstmem top -n 1'
check 'top: shows how full an account is without root' \
	grep -q '^tee0,secure-video  *\[' $out
check 'top: says that buffers need root' grep -qx \
	'only root may see the buffers and their owners, in debugfs; run as root (sudo rstmem ...)' $out
check 'top: succeeds without root' [ "$status" = 0 ]
as_nobody 'rstmem top -n 1 -j'
check 'top --json: has null for buffers without root, and the reason' \
	grep -q '"buffers": null,"buffers_error": "only root' $out
check 'top --json: prints JSON without root' is_json $out
as_nobody 'rstmem buffers'
check 'buffers: says that buffers need root' complains 'only root may see the buffers'
umount /sys/kernel/debug
refused 1 'debugfs is not mounted, which lists the buffers; as root: mount' buffers
run rstmem top -n 1
check 'top: goes on without debugfs' grep -q '^debugfs is not mounted' $out
mount -t debugfs debugfs /sys/kernel/debug
wrong '--interval takes 0.1 to 3600 seconds, not "0"' top -i 0
for n in '' 0.09 3601 1s -1 1e3 inf nan 1.1.1; do
	wrong '--interval takes 0.1 to 3600 seconds' top -n 1 -i "$n"
done
for n in '' 0 -1 1.5 x 99999999999999999999; do
	wrong '--count takes a number above 0' top -n "$n"
done
wrong '--view takes processes, users or buffers, not "all"' top -v all
wrong '--sort takes size, buffers, age, user' top -x bytes
wrong '--sort takes size, age, user' buffers -x buffers
wrong '--json and --text exclude each other' top -j -t
wrong 'unexpected "x"' top x
run sh -c 'rstmem top -i 0.1 | head -n 3'
check 'top: ends when its reader ends' [ "$(wc -l <$out)" = 3 ]
empty 'wrong use of top'

printf '\0' >'odd"\	name'
run rstmem info -j -d 'odd"\	name'
check 'info --json: prints JSON for a path with odd characters' is_json $out
check 'info --json: escapes odd characters of a path' \
	grep -qF '"path": "odd\"\\\u0009name",' $out
check 'info -d: ends with status 3 for a file that is no device' [ $status = 3 ]
check 'info -d: gives the reason on stderr for a file that is no device' \
	grep -q 'neither a TEE device nor a dma-heap' $err

# Sizes.
sizes() {
	local want=$1 size
	shift

	for size; do
		run rstmem alloc -j -s "$size"
		check "alloc -s '$size': allocates $want bytes" \
			grep -q "^  \"size\": $want,\$" $out
	done
}
sizes 4096 1 4096 4K 4k 4KiB '4 KiB' 04096
sizes 8192 4097 8K 8192
sizes 1048576 1M 1m 1MiB 1024K 1048576
sizes 67108864 64M 65536K
empty 'the sizes'
for size in '' 0 0M -1 +1 1.5M 1MB 1Mi 1Q M 0x1000 1MM '1M ' ' 1M' '1  M' 1e6 ٣; do
	wrong 'is not a size' alloc -s "$size"
done
for size in 18446744073709551616 16E 99999999999999999999999 17179869184G; do
	wrong 'is too large' alloc -s $size
done

# Use cases.
n=1
for name in secure-video trusted-ui secure-video-record; do
	run rstmem alloc -j -s 1 -u $name
	check "alloc -u $name: allocates for use case $n" \
		grep -q "^  \"use_case\": $n,\$" $out
	run rstmem alloc -j -s 1 --use-case=$n
	check "alloc --use-case=$n: allocates for $name" \
		grep -q "^  \"name\": \"$name\",\$" $out
	n=$((n + 1))
done
for name in '' 0 64 -1 1x video secure-video-recorder; do
	wrong 'is not a use case' alloc -s 1 -u "$name"
done
refused 1 'does not offer use case 5; it offers secure-video, trusted-ui, secure-video-record' \
	alloc -s 1M -u 5
empty 'the use cases'

# Other wrong usage.
wrong 'no size given' alloc
wrong 'unknown option -x' alloc -s 1 -x
wrong 'unknown option -x' alloc -jx -s 1
wrong 'unknown option -:' alloc -:
wrong 'unknown option -+' info -+
wrong 'unknown option --sise' alloc --sise 1
wrong 'option -s needs a value' alloc -s
wrong 'option --size needs a value' alloc --size
wrong 'option --device needs a value' info --device
wrong 'not one that takes a value' alloc --json=yes -s 1
wrong 'unexpected "2"' alloc -s 1 2
wrong 'unexpected "true"; a command goes after --' alloc -s 1 true
wrong 'no command after --' alloc -s 1 --
wrong '--hold and a command exclude each other' alloc -s 1 --hold -- true
wrong 'takes whole seconds' alloc -s 1 -H soon
wrong 'takes whole seconds' alloc -s 1 --hold=1.5
wrong 'takes whole seconds' alloc -s 1 --hold=
wrong 'takes whole seconds' alloc -s 1 --hold=4294967296
wrong '--via takes tee or heap, not "both"' alloc -s 1 --via both
wrong '--via takes tee or heap, not ""' alloc -s 1 --via=
wrong '--via takes tee or heap, not "TEE"' alloc -s 1 --via=TEE
wrong 'option --via needs a value' alloc -s 1 --via
wrong 'unknown option -v' alloc -s 1 -v heap
wrong 'unexpected "x"' info x
wrong 'no descriptor given, FD or PID:FD' inspect
wrong 'unexpected "4"' inspect 3 4
wrong 'unknown option -1' inspect -1
wrong 'unexpected "x"' conform x
wrong '--device and --heap exclude each other' conform -d /dev/tee0 --heap protected,secure-video
wrong 'a heap has one use case' conform --heap protected,secure-video -u trusted-ui
wrong 'unknown use case "0"' conform -u 0
wrong 'unknown option --all' conform --all
for target in '' x 3x :3 3: 0:3 1:-3 1:x 1:2:3 ' 3' +3 0x3 2147483648 1:2147483648 \
	4294967296 18446744073709551619 99999999999999999999999; do
	wrong 'is not a descriptor; write FD or PID:FD' inspect "$target"
done
wrong 'unknown verb "allocate"' allocate
wrong 'unknown verb "x"' help x
wrong 'unexpected "x"' version x
wrong 'unknown verb "a?b"' "$(printf 'a\nb')"
for verb in info stat buffers features; do
	wrong '"x" is not a column to show' $verb --output x
	wrong '"" is not a column to show' $verb --output ''
	wrong '"SIZE " is not a column to show' $verb --output 'SIZE ,x'
	wrong '--json excludes --output, --noheadings and --bytes' $verb -jo x
	wrong '--json excludes --output, --noheadings and --bytes' $verb --json --noheadings
	wrong 'option --noheadings=1 is not one that takes a value' $verb --noheadings=1
	# The columns of its help, each and together.
	columns=$(rstmem $verb --help | sed -n '/--output/,/^ *-[-a-z]/p' |
		grep -oE '[A-Z]+(-[A-Z]+)*,? ?' | grep -vE '^LIST' | tr -d ' ' | tr -d '\n')
	rstmem $verb --output "${columns%,}" 2>$err | head -n 1 | tr -s ' ' >$out
	check "rstmem $verb --output: shows the columns of its help" \
		[ "$(cat $out)" = "$(echo "${columns%,}" | tr , ' ')" ]
done
wrong 'unknown option -b' features -b
empty 'other wrong usage'

# Messages about failures.
refused 1 'largest free 64 MiB (0 B used of 64 MiB); ask for less or release buffers' \
	alloc -s 65M
run rstmem alloc -s 64M -- rstmem alloc -s 1
check 'alloc: ends with status 1 when the pool is full' [ $status = 1 ]
check 'alloc: tells the figures of a full pool' \
	complains 'largest free 0 B (64 MiB used of 64 MiB)'
refused 1 'more than any memory could have; there is 64 MiB, ask for at most 64 MiB now' \
	alloc -s 15E
refused 3 'No such file or directory; "rstmem info" lists' alloc -s 1 -d /dev/tee7
refused 3 'No such file or directory; "rstmem info" lists' info -d /dev/tee7
refused 3 'neither a TEE device nor a dma-heap; their paths are /dev/tee0, ' \
	alloc -s 1 -d /dev/null
refused 3 'neither a TEE device nor a dma-heap' alloc -s 1 -d /dev
refused 3 'neither a TEE device nor a dma-heap' info -d /dev/zero
refused 3 'not a TEE device; its path is /dev/tee0 or the like' \
	alloc -s 1 -d /dev/null --via tee
refused 3 'not a dma-heap; its path is /dev/dma_heap/protected,secure-video or' \
	alloc -s 1 -d /dev/null --via heap
refused 3 '/dev/tee0: not a dma-heap' alloc -s 1 -d /dev/tee0 --via heap
refused 3 'protected,secure-video: not a TEE device' \
	alloc -s 1 -d /dev/dma_heap/protected,secure-video --via tee
for verb in info 'alloc -s 1' 'alloc -s 1 --via heap'; do
	if [ -e /dev/dma_heap/system ]; then
		# shellcheck disable=SC2086
		refused 3 '/dev/dma_heap/system: this device has no restricted memory' \
			$verb -d /dev/dma_heap/system
	else
		skip "rstmem $verb: refuses a heap of normal memory" 'this kernel has none'
	fi
done
refused 3 'No such file or directory; "rstmem info" lists' \
	info -d /dev/dma_heap/protected,x
empty 'failures'

# alloc without a command.
run rstmem alloc -s 5000
check 'alloc: prints the size' grep -q '^size      8 KiB (8192 bytes)$' $out
check 'alloc: prints the device' grep -q '^device    /dev/tee0$' $out
check 'alloc: prints the use case' grep -q '^use case  secure-video$' $out
check 'alloc: prints five lines' [ "$(wc -l <$out)" = 5 ]
run rstmem alloc -s 5000 --json --device /dev/tee0 -u trusted-ui
sed 's/"id": [1-9][0-9]*,$/"id": N,/' $out >changed
cat >expected <<'END'
{
  "device": "/dev/tee0",
  "via": "tee",
  "use_case": 2,
  "name": "trusted-ui",
  "size": 8192,
  "flags": 0,
  "id": N,
  "fd": 4
}
END
check 'alloc --json: has the documented form' cmp -s changed expected
check 'alloc --json: prints JSON' is_json $out
empty 'alloc without a command'

# --via
run rstmem alloc -s 5000 --via tee
check 'alloc --via tee: takes a TEE device' grep -q '^device    /dev/tee0$' $out
run rstmem alloc -s 5000 --via heap
cat >expected <<'END'
device    /dev/dma_heap/protected,secure-video
use case  secure-video
size      8 KiB (8192 bytes)
id        none, it is from a heap
END
sed '$d' $out >changed
check 'alloc --via heap: takes a heap and has no id' cmp -s changed expected
check 'alloc --via heap: prints a descriptor' grep -qE '^fd        [0-9]+$' $out
run rstmem alloc -s 5000 --json --via=heap -u trusted-ui
sed 's/"fd": [0-9]*$/"fd": N/' $out >changed
cat >expected <<'END'
{
  "device": "/dev/dma_heap/protected,trusted-ui",
  "via": "heap",
  "use_case": 2,
  "name": "trusted-ui",
  "size": 8192,
  "flags": 0,
  "id": null,
  "fd": N
}
END
check 'alloc --via heap --json: has the documented form' cmp -s changed expected
check 'alloc --via heap --json: prints JSON' is_json $out
run rstmem alloc -s 5000 -d /dev/dma_heap/protected,secure-video-record
check 'alloc -d HEAP: takes that heap' \
	grep -q '^device    /dev/dma_heap/protected,secure-video-record$' $out
check 'alloc -d HEAP: takes the use case of the heap' \
	grep -q '^use case  secure-video-record$' $out
refused 1 'protected,trusted-ui does not offer use case secure-video; it offers trusted-ui' \
	alloc -s 1M -u secure-video -d /dev/dma_heap/protected,trusted-ui
refused 1 '/dev/dma_heap does not offer use case 4; it offers secure-video, trusted-ui, secure-video-record' \
	alloc -s 1M -u 4 --via heap
refused 1 'cannot allocate 65 MiB of secure-video on /dev/dma_heap/protected,secure-video: no room for it now; ask for less' \
	alloc -s 65M --via heap
refused 1 'more than any memory could have, or the TEE behind the heap is gone; ask for less' \
	alloc -s 15E --via heap
run rstmem alloc -s 5000 --via heap -- sh -c 'readlink /proc/self/fd/$RSTMEM_FD
	grep ^exp_name /proc/self/fdinfo/$RSTMEM_FD; env | grep ^RSTMEM | sort
	for n in 0 1 2 3 4 5 6 7 8 9; do [ -L /proc/$$/fd/$n ] && echo $n; done'
sed -e 's/^RSTMEM_FD=[0-9]$/RSTMEM_FD=N/' -e 's/^[3-9]$/N/' $out >changed
printf '%s\n' /dmabuf: 'exp_name:	rstmem,secure-video' RSTMEM_FD=N \
	RSTMEM_SIZE=8192 RSTMEM_USE_CASE=secure-video 0 1 2 N >expected
check 'alloc --via heap: gives a command the dma-buf and nothing of a TEE device' \
	cmp -s changed expected
run rstmem alloc -s 1M -- rstmem alloc -s 1M --via heap -- sh -c \
	'echo ${RSTMEM_ID-none} ${RSTMEM_TEE_FD-none}'
check 'alloc --via heap: unsets the variables of an outer alloc' grep -qx 'none none' $out
run rstmem alloc -s 1M --via heap -- rstmem info
check "alloc --via heap: the TEE device's figures count the buffer" \
	grep -qE 'secure-video +4 KiB +64 MiB +1 MiB +63 MiB +1$' $out
empty 'alloc via heaps'

# The framework of the kernel has heaps of rstmem and of the kernel. Nothing tells them
# apart while rstmem is loaded; without rstmem they are the kernel's.
mount -t tmpfs none /sys/class
mkdir -p /sys/class/dma_heap/protected,trusted-ui
run rstmem info -d /dev/dma_heap/protected,trusted-ui
check 'info -d HEAP: says that the origin is unknown' \
	grep -q " unknown: rstmem's or the kernel's\$" $out
run rstmem info -j -d /dev/dma_heap/protected,trusted-ui
check 'info --json: has null for an unknown origin' grep -q '"origin": null$' $out
mount -t tmpfs none /sys/module
run rstmem info -d /dev/dma_heap/protected,trusted-ui
check "info -d HEAP: without rstmem the heap is the kernel's" \
	grep -q " unknown: the kernel's own\$" $out
run rstmem info -j -d /dev/dma_heap/protected,trusted-ui
check 'info --json: without rstmem the origin is the kernel' \
	grep -q '"origin": "kernel"$' $out
umount /sys/module /sys/class

# alloc with a command.
run rstmem alloc -s 5000 -u 3 -- sh -c 'echo "$RSTMEM_ID $RSTMEM_SIZE $RSTMEM_USE_CASE"
	readlink /proc/self/fd/$RSTMEM_FD; readlink /proc/self/fd/$RSTMEM_TEE_FD'
sed '1s/^[1-9][0-9]* /N /' $out >changed
printf '%s\n' 'N 8192 secure-video-record' '/dmabuf:' /dev/tee0 >expected
check 'alloc: gives a command the variables and the descriptors' cmp -s changed expected
check 'alloc: prints nothing of its own before a command' [ ! -s $err ]
run rstmem alloc -s 1M -- sh -c 'grep "^exp_name" /proc/self/fdinfo/$RSTMEM_FD'
check "alloc: RSTMEM_FD is the dma-buf" grep -q 'rstmem' $out
run rstmem alloc -s 1M -- rstmem info
check 'alloc: the buffer lives while the command runs' \
	grep -qE 'secure-video +4 KiB +64 MiB +1 MiB +63 MiB +1$' $out
# Not with ls, which opens a directory.
cat >descriptors <<'END'
for n in 0 1 2 3 4 5 6 7 8 9; do
	[ -L /proc/$$/fd/$n ] && printf '%s ' $n
done
END
run rstmem alloc -s 1M -- sh -c "$(cat descriptors)"
check 'alloc: a command inherits no other descriptor' grep -qx '0 1 2 3 4 ' $out
rstmem alloc -s 1M -- sh -c "$(cat descriptors)" >$out 2>&- <&-
status=$?
: >$err
check 'alloc: does not use the numbers of closed standard descriptors' \
	grep -qx '1 3 4 ' $out
run rstmem alloc -s 1M -- sh -c 'eval "exec $RSTMEM_FD>&- $RSTMEM_TEE_FD>&-"; rstmem info -j'
check 'alloc: the buffer lives on when the command closes it' grep -q '"used": 1048576' $out
run rstmem alloc -s 1M -j -- echo hello
check 'alloc --json: prints the buffer before the output of the command' \
	[ "$(tail -n 1 $out)" = hello ]
sed '$d' $out >json
check 'alloc --json: prints JSON before the output of the command' is_json json
run rstmem alloc -s 1M -- printf '%s,' -s --hold -- a 'b c'
check 'alloc: passes options after -- to the command' grep -qx -- '-s,--hold,--,a,b c,' $out
run sh -c 'echo word | rstmem alloc -s 1M -- cat'
check 'alloc: the command reads stdin' grep -qx word $out
for n in 0 1 3 42 255; do
	run rstmem alloc -s 1M -- sh -c "exit $n"
	check "alloc: passes on status $n of the command" [ $status = $n ]
done
for n in 1 2 9 11 15; do
	run rstmem alloc -s 1M -- sh -c "kill -$n \$\$"
	check "alloc: ends with status $((128 + n)) after signal $n ended the command" \
		[ $status = $((128 + n)) ]
done
refused 127 'cannot run /no/such: No such file or directory' alloc -s 1M -- /no/such
refused 127 'cannot run no-such: No such file or directory' alloc -s 1M -- no-such
refused 126 'cannot run /etc/passwd: Permission denied' alloc -s 1M -- /etc/passwd
refused 126 'cannot run /tmp: Permission denied' alloc -s 1M -- /tmp
empty 'alloc with a command'

# inspect. The descriptors of the inner shell are $$:N.
run rstmem alloc -s 5000 -u trusted-ui -- sh -c 'rstmem inspect $RSTMEM_FD'
cat >expected <<'END'
use case  trusted-ui
size      8 KiB (8192 bytes)
flags     0x0
device    /dev/tee0
END
check 'inspect: describes an inherited descriptor' cmp -s $out expected
check 'inspect: succeeds for an inherited descriptor' [ $status = 0 ]
run rstmem alloc -s 5000 -u trusted-ui --via heap -- \
	sh -c 'rstmem inspect $$:$RSTMEM_FD; exit $?'
check 'inspect PID:FD: describes a buffer from a heap in another process' \
	cmp -s $out expected
run rstmem alloc -s 5000 -u trusted-ui -- \
	sh -c 'rstmem inspect --json $RSTMEM_FD; exit $?'
sed 's/"fd": [0-9]*,$/"fd": N,/' $out >changed
cat >expected <<'END'
{
  "pid": null,
  "fd": N,
  "use_case": 2,
  "name": "trusted-ui",
  "size": 8192,
  "flags": 0,
  "device": "/dev/tee0",
  "device_gone": false
}
END
check 'inspect --json: has the documented form' cmp -s changed expected
check 'inspect --json: prints JSON' is_json $out
run rstmem alloc -s 5000 -u trusted-ui -- \
	sh -c 'echo $$ $RSTMEM_FD >ids; rstmem inspect -j $$:$RSTMEM_FD; exit $?'
read -r pid fd <ids
check 'inspect --json: tells the process' grep -qx "  \"pid\": $pid," $out
check 'inspect --json: tells the descriptor in the process' grep -qx "  \"fd\": $fd," $out

run rstmem alloc -s 1M -- sh -c 'rstmem inspect $RSTMEM_TEE_FD; exit $?'
check 'inspect: ends with status 3 for a descriptor that is no dma-buf' [ $status = 3 ]
check 'inspect: says that a descriptor is no dma-buf' complains ': not a dma-buf'
refused 3 '0: not a dma-buf' inspect 0
refused 3 'lists the devices there are' conform -d /dev/tee9
refused 3 'lists the devices there are' conform --heap protected,nothing
refused 3 'not a dma-heap' conform --heap /dev/tee0
refused 3 'not a TEE device' conform -d /dev/null
refused 1 '/dev/tee0 does not offer use case 63; it offers secure-video, trusted-ui' conform -u 63
refused 3 '1:0: not a dma-buf' inspect 1:0
refused 1 '9: not inherited from the calling process; a descriptor of another process is written PID:FD' \
	inspect 9
refused 1 '1:99: process 1 has no such descriptor; /proc/1/fd lists those it has' \
	inspect 1:99
refused 1 '2147483647:3: no process 2147483647; it may have ended' inspect 2147483647:3
run foreign rstmem inspect 3
check 'inspect: ends with status 3 for a dma-buf of normal memory' [ $status = 3 ]
check 'inspect: says where the exporter of a foreign dma-buf is named' complains \
	'a dma-buf, but not restricted memory that rstmem knows; exp_name in its fdinfo'

# inspect without permission to open the TEE device.
cat >expected <<'END'
use case  trusted-ui
size      8 KiB (8192 bytes)
flags     unknown, no TEE device could be asked
device    unknown, no TEE device could be asked
END
run rstmem alloc -s 5000 -u trusted-ui -- \
	sh -c 'su nobody -c "rstmem inspect $RSTMEM_FD"; exit $?'
check 'inspect: shows use case and size without permission for the TEE device' \
	cmp -s $out expected
check 'inspect: succeeds without permission for the TEE device' [ $status = 0 ]
run rstmem alloc -s 5000 -u trusted-ui -- \
	sh -c 'su nobody -c "rstmem inspect -j $RSTMEM_FD"; exit $?'
check 'inspect --json: has null for the values only the TEE device knows' \
	[ "$(grep -cE '^  "(pid|flags|device|device_gone)": null,?$' $out)" = 4 ]
check 'inspect --json: prints JSON without permission for the TEE device' is_json $out
run rstmem alloc -s 1M -- sh -c 'su nobody -c "rstmem inspect $$:$RSTMEM_FD"; exit $?'
check "inspect PID:FD: ends with status 1 for another user's process" [ $status = 1 ]
check "inspect PID:FD: says which permission another user's process takes" grep -qE \
	'^rstmem: [0-9]+:[0-9]+: no permission to look into process [0-9]+: it takes the same as a debugger; run as root, or as its user' \
	$err
empty 'the cases of inspect'

# Signals. The command sends them to its parent, rstmem, which passes them on.
for signal in HUP INT QUIT TERM USR1 USR2; do
	run rstmem alloc -s 1M -- sh -c "trap 'echo got it; exit 7' $signal
		kill -s $signal \$PPID
		n=0
		while [ \$n -lt 100 ]; do sleep 0.05; n=\$((n + 1)); done"
	check "alloc: passes SIG$signal on to the command" grep -qx 'got it' $out
	check "alloc: ends with the command's status after SIG$signal" [ $status = 7 ]
done
run rstmem alloc -s 1M -- sh -c 'kill -s TERM $PPID; sleep 5'
check 'alloc: ends with status 143 after SIGTERM ended the command' [ $status = 143 ]
run sh -c 'trap "" TERM; rstmem alloc -s 1M -- sh -c "kill -s TERM \$PPID; echo on"'
check 'alloc: ignores a signal that was ignored from the start' [ $status = 0 ]
check 'alloc: the command runs on after an ignored signal' grep -qx on $out
empty 'signals'

# --hold
seconds() {
	local begin

	begin=$(cut -d. -f1 /proc/uptime)
	run "$@"
	took=$(($(cut -d. -f1 /proc/uptime) - begin))
}
seconds rstmem alloc -s 1M --hold 1
check 'alloc --hold 1: holds for at least a second' [ $took -ge 1 ]
check 'alloc --hold 1: holds for at most three seconds' [ $took -le 3 ]
check 'alloc --hold 1: succeeds' [ $status = 0 ]
seconds rstmem alloc -s 1M -H2 -j
check 'alloc -H2: holds for at least two seconds' [ $took -ge 2 ]
check 'alloc -H2 --json: prints JSON' is_json $out
run rstmem alloc -s 1M --hold=0
check 'alloc --hold=0: succeeds' [ $status = 0 ]
empty 'alloc --hold for a time'

mkfifo fifo
rstmem alloc -s 1M --hold <fifo >$out 2>$err &
pid=$!
exec 5>fifo
check 'alloc --hold: holds the buffer' until_true is_used 1048576
check 'alloc --hold: prints the buffer at once' grep -q '^size      1 MiB' $out
echo 'what is written does not matter' >&5
sleep 0.3
check 'alloc --hold: holds on while stdin is open' kill -0 $pid
exec 5>&-
wait $pid
status=$?
check 'alloc --hold: succeeds when stdin ends' [ $status = 0 ]
empty 'alloc --hold until stdin ends'

# Neither a closed stdin nor /dev/null says when to stop.
rstmem alloc -s 1M --hold <&- >$out 2>$err &
pid=$!
until_true is_used 1048576
sleep 0.2
check 'alloc --hold: holds on when stdin is closed' kill -0 $pid
kill $pid
wait $pid
for signal in HUP INT TERM; do
	seconds timeout -s $signal 1 rstmem alloc -s 1M --hold
	check "alloc --hold: holds on with /dev/null as stdin until SIG$signal" \
		[ $took -ge 1 ]
	check "alloc --hold: succeeds after SIG$signal" [ $status = 0 ]
done
run timeout -s HUP 1 rstmem alloc -s 1M --hold 60
check 'alloc --hold 60: succeeds after a signal' [ $status = 0 ]
seconds sh -c 'trap "" HUP; timeout -s HUP 1 rstmem alloc -s 1M --hold 2'
check 'alloc --hold 2: ignores a signal that was ignored from the start' [ $took -ge 2 ]
rstmem alloc -s 1M --hold >$out 2>$err </dev/null &
pid=$!
until_true is_used 1048576
kill -s KILL $pid
wait $pid 2>/dev/null
empty 'alloc --hold until a signal'

# Output that cannot be written.
for words in info 'info --json' stat 'stat -j' buffers 'buffers -j' 'top -n 1' \
	'top -n 1 -j' 'alloc -s 1M' 'alloc -s 1M -j' --help 'alloc --help' \
	'info -h' 'inspect -h' 'conform -h' 'conform -l' 'conform -lj' version; do
	# shellcheck disable=SC2086
	rstmem $words >/dev/full 2>$err </dev/null
	status=$?
	: >$out
	check "rstmem $words: ends with status 1 when the disk is full" [ $status = 1 ]
	check "rstmem $words: says that it cannot write" \
		complains 'cannot write the output: No space left'
	# shellcheck disable=SC2086
	rstmem $words >&- 2>$err </dev/null
	status=$?
	check "rstmem $words: ends with status 1 without stdout" [ $status = 1 ]
done
rstmem alloc -s 1M -j --hold 60 >/dev/full 2>$err </dev/null
status=$?
check 'alloc --json --hold: does not hold when it cannot write' [ $status = 1 ]
rstmem alloc -s 1M -j -- touch ran >/dev/full 2>$err </dev/null
status=$?
check 'alloc --json: runs no command when it cannot write' [ ! -e ran ]
rstmem alloc -s 1M -- touch ran >/dev/full 2>$err </dev/null
status=$?
check 'alloc: runs a command when it has nothing to write' [ -e ran ]
empty 'lost output'

# doctor and features, as root. tests/doctor has systems that are made up.
run rstmem doctor
check 'doctor: succeeds where restricted memory works' [ $status = 0 ]
check 'doctor: finds no problem where restricted memory works' eval '! grep -q ^problem $out'
check 'doctor: names the device' grep -qE '^ok +devices +/dev/tee0 has restricted memory$' $out
check 'doctor: tells the free memory' \
	grep -qE '^ok +memory +tee0,secure-video: 64 MiB of 64 MiB free$' $out
check 'doctor: says that softtee protects nothing' grep -q '^note .*softtee protects nothing' $out
run rstmem doctor --json
check 'doctor --json: prints JSON' is_json $out
check 'doctor --json: says that it works' grep -qx '  "works": true' $out
echo Y >enforce
mount --bind enforce /sys/module/module/parameters/sig_enforce
run rstmem doctor
check 'doctor: sees that the kernel takes the loaded modules' \
	grep -q '^ok .*the kernel needs signed modules (module.sig_enforce)' $out
umount /sys/module/module/parameters/sig_enforce
run rstmem features
for name in allocation heaps scrubbing limits importers buffer-list tracepoints; do
	check "features: $name works" grep -qE "^$name +yes " $out
done
check 'features: softtee does not protect' grep -qE '^protection +no +a device only imitates' $out
run rstmem features --json
check 'features --json: prints JSON' is_json $out
as_nobody 'rstmem features'
check 'features: says why a user cannot tell the protection' \
	grep -qE '^protection +unknown +cannot ask a TEE device: Permission denied$' $out
empty 'doctor and features'

# Permission for the TEE device.
video=/dev/dma_heap/protected,secure-video
as_nobody 'rstmem alloc -s 1M'
check 'alloc: ends with status 1 without permission' [ $status = 1 ]
check 'alloc: names the heap and its group, not the TEE device' complains \
	"no permission to open $video: only user root may (mode 0600); the udev rule 60-rstmem.rules gives heaps to the group rstmem, see \"rstmem doctor\""
as_nobody 'rstmem alloc -s 1M --via tee'
check 'alloc --via tee: says which user may open the TEE device' complains \
	'no permission to open /dev/tee0: only user root may (mode 0600); run as root or let a group in with a udev rule'
as_nobody 'rstmem alloc -s 1M -d /dev/tee0'
check 'alloc -d: says which user may open the TEE device' \
	complains 'no permission to open /dev/tee0: only user'
as_nobody 'rstmem info'
check 'info: names the heap and its group, not the TEE device' \
	grep -q "no permission to open $video: only user root may.* group rstmem" $err
check 'info: prints one line to stderr without permission' one_line $err
heaps_text 'no permission to open it' >expected
check 'info: lists the heaps without permission' cmp -s $out expected
check 'info: ends with status 1 without permission' [ $status = 1 ]
as_nobody 'rstmem info --json'
check 'info --json: ends with status 1 without permission' [ $status = 1 ]
check 'info --json: has null for a device without permission' \
	grep -q '"restricted_memory": null,' $out
check 'info --json: has the reason for a device without permission' \
	grep -q '"error": "Permission denied",' $out
check 'info --json: prints JSON without permission' is_json $out
chgrp tty /dev/tee0
chmod 0660 /dev/tee0
as_nobody 'rstmem alloc -s 1M --via tee'
check 'alloc --via tee: says which group may open the TEE device' complains \
	'no permission to open /dev/tee0: user root and group tty may (mode 0660); join the group or run as root'
chown 1234:4321 /dev/tee0
as_nobody 'rstmem alloc -s 1M --via tee'
check 'alloc --via tee: prints the numbers of an owner without a name' \
	complains 'user 1234 and group 4321 may (mode 0660)'
chmod 0600 /dev/tee0
as_nobody 'rstmem alloc -s 1M --via tee'
check 'alloc --via tee: says that only an owner other than root may open the TEE device' \
	complains 'only user 1234 may (mode 0600)'
chown root:root /dev/tee0
chmod 0666 /dev/tee0
as_nobody 'rstmem alloc -s 1M'
check 'alloc: succeeds with permission' [ $status = 0 ]
chmod 0600 /dev/tee0
empty 'permission for TEE devices'

as_nobody 'rstmem doctor'
check 'doctor: misses the group rstmem' grep -q 'the group rstmem is' $out
check 'doctor: says how to create the group' grep -qE '^ +run: systemd-sysusers$' $out
check 'doctor: ends with status 1 without permission to allocate' [ $status = 1 ]
echo 'rstmem:x:990:' >>/etc/group
as_nobody 'rstmem doctor'
check 'doctor: notices that the udev rule did not run' \
	grep -qE '^ +run: udevadm trigger$' $out

# Permission for heaps.
as_nobody 'rstmem alloc -s 1M --via heap'
check 'alloc --via heap: ends with status 1 without permission' [ $status = 1 ]
check 'alloc --via heap: says which user may open the heap' complains \
	"no permission to open $video: only user root may (mode 0600); the udev rule 60-rstmem.rules"
as_nobody "rstmem alloc -s 1M -d $video"
check 'alloc -d HEAP: says which user may open the heap' \
	complains "no permission to open $video: only user"
as_nobody "rstmem info -d $video"
check 'info -d HEAP: says which user may open the heap' \
	complains "no permission to open $video: only user"
chgrp tty $video
chmod 0660 $video
as_nobody 'rstmem alloc -s 1M'
check 'alloc: names the heap that a group may open' complains \
	"no permission to open $video: user root and group tty may (mode 0660); join the group or run as root"
chmod 0444 $video
as_nobody 'rstmem alloc -s 1M'
check 'alloc: allocates from a heap that the user may only read' \
	grep -q "^device    $video\$" $out
as_nobody 'rstmem alloc -s 1M -u trusted-ui'
check 'alloc: says which user may open the heap of another use case' complains \
	'no permission to open /dev/dma_heap/protected,trusted-ui: only user'
as_nobody 'rstmem info'
{
	heap_head
	heap_line secure-video 'that of a TEE device'
	heap_line trusted-ui 'no permission to open it'
	heap_line secure-video-record 'no permission to open it'
} >expected
check 'info: shows which heaps the user may open' cmp -s $out expected
as_nobody 'rstmem info -j'
check 'info --json: has the reason for each heap without permission' \
	[ "$(sed -n '/heaps/,$p' $out | grep -c '"error": "Permission denied"')" = 2 ]
check 'info --json: prints JSON for heaps without permission' is_json $out
mv /dev/tee0 /dev/hidden
as_nobody 'rstmem info'
check 'info: succeeds when one heap may be opened' [ $status = 0 ]
chown root:root $video
chmod 0600 $video
as_nobody 'rstmem info'
check 'info: ends with status 1 when no heap may be opened' [ $status = 1 ]
check 'info: says which user may open the heap' \
	grep -q "no permission to open $video: only user" $err
mv /dev/hidden /dev/tee0
empty 'permission for heaps'

# The udev rule, applied by hand: which nodes it matches, and which users it lets in.
rules=/root/60-rstmem.rules
in_rule() { sed -n "/^#/d;s/.*\\<$1=*\"\([^\"]*\)\".*/\1/p" $rules; }
# matches WORD PATTERNS: patterns are separated by |, as in the rule.
matches() {
	local word=$1 pattern old=$IFS

	set -f
	IFS='|'
	# shellcheck disable=SC2086 # to be split
	set -- $2
	IFS=$old
	set +f
	for pattern; do
		# shellcheck disable=SC2254 # a pattern
		case $word in $pattern) return ;; esac
	done
	return 1
}
rule_matches() {
	local sys

	sys=$(find /sys/class/*/ -maxdepth 1 -name "${1##*/}" | head -n 1)
	matches "$(basename "$(readlink -f "$sys/subsystem")")" "$(in_rule SUBSYSTEM)" &&
		matches "$(basename "$(readlink -f "$sys")")" "$(in_rule KERNEL)"
}
for node in /dev/dma_heap/protected,*; do
	check "udev rule: matches ${node##*/}" rule_matches "$node"
	chgrp "$(in_rule GROUP)" "$node"
	chmod "$(in_rule MODE)" "$node"
done
for node in /dev/dma_heap/system /dev/tee0 /dev/udmabuf; do
	[ -e $node ] || continue
	check "udev rule: does not match ${node##*/}" eval '! rule_matches $node'
done
check 'udev rule: gives the heaps to the group rstmem' \
	[ "$(stat -c '%U %G %a' /dev/dma_heap/protected,trusted-ui)" = 'root rstmem 660' ]
as_nobody 'rstmem alloc -s 1M'
check 'udev rule: a user outside the group is told to join it' complains \
	"no permission to open $video: user root and group rstmem may (mode 0660); join the group"
as_nobody 'rstmem doctor'
check 'doctor: tells a user outside the group to join it' \
	grep -qE '^ +run: usermod -aG rstmem nobody$' $out
sed -i 's/^\(rstmem:.*\)$/\1nobody/' /etc/group
as_nobody 'rstmem doctor'
check 'doctor: is content with a user in the group' [ $status = 0 ]
check 'doctor: counts the heaps of a user in the group' \
	grep -qE '^ok +heaps +you may allocate from 3 dma-heaps$' $out
as_nobody 'rstmem alloc -s 1M'
check 'udev rule: a user in the group may allocate' grep -q "^device    $video\$" $out
chown root:root /dev/dma_heap/protected,*
chmod 0600 /dev/dma_heap/protected,*
empty 'the udev rule'

# More devices, and fewer.
modprobe rstmem_fake use_cases=0
run rstmem info
check 'info: shows a TEE without restricted memory' \
	grep -qx '/dev/tee1: no restricted memory' $out
check 'info: succeeds beside a TEE without restricted memory' [ "$status" = 0 ]
run rstmem info --json
check 'info --json: has false for a TEE without restricted memory' \
	grep -q '"restricted_memory": false,' $out
check 'info --json: prints JSON for a TEE without restricted memory' is_json $out
refused 3 'has no restricted memory; load a backend for it or choose another' \
	alloc -s 1 -d /dev/tee1
mv /dev/tee0 /dev/hidden
refused 3 'no TEE device has restricted memory; load softtee or a backend' \
	alloc -s 1 --via tee
run rstmem alloc -s 1
check 'alloc: takes a heap when no TEE device has restricted memory' \
	grep -q "^device    $video\$" $out
run rstmem info
check 'info: succeeds when only heaps have restricted memory' [ $status = 0 ]
mv /dev/dma_heap /dev/hidden_heap
refused 3 'no TEE device and no dma-heap has restricted memory; load softtee or' \
	alloc -s 1
refused 3 'no dma-heap has restricted memory; load softtee or a backend' \
	alloc -s 1 --via heap
run rstmem info
check 'info: ends with status 3 when nothing has restricted memory' [ $status = 3 ]
check 'info: says what to load when nothing has restricted memory' \
	grep -q 'load softtee or a backend' $err
mv /dev/hidden_heap /dev/dma_heap
mv /dev/hidden /dev/tee0
rmmod rstmem_fake
modprobe rstmem_fake shared=1 use_cases=0x6 mode=pool pool_size=16777216 \
	paddr=0x2000000000
chmod 0666 /dev/tee1
echo 4M >/sys/class/rstmem/tee1,secure-video/limits/user_bytes
run rstmem stat -d tee1
check 'stat: use cases that share a memory show the same limit' \
	[ "$(grep -cE '^  (secure-video|trusted-ui) +4 MiB +none' $out)" = 2 ]
as_nobody 'rstmem alloc -d /dev/tee1 -s 2M -- rstmem alloc -d /dev/tee1 -u trusted-ui -s 3M'
check 'alloc: a limit of a shared memory counts all use cases' complains \
	'/dev/tee1: a user may have 4 MiB and your processes hold 2 MiB;'
rmmod rstmem_fake
modprobe rstmem_fake shared=1 use_cases=0xe mode=pool pool_size=1073737728 \
	paddr=0x2000000000
run rstmem alloc -d /dev/tee1 -u secure-video-record -s 1072689152 -- rstmem info
check 'info: fits 80 columns with the longest sizes and names' \
	eval 'grep -qE "secure-video-record +4 KiB +1023.9 MiB +1022.9 MiB " $out && ! grep -E "^.{81}" $out'
rmmod rstmem_fake
modprobe rstmem_fake
echo error >/sys/module/rstmem_fake/parameters/mode
refused 1 'a limit is exceeded, by buffers that other processes hold for you or by' \
	alloc -s 1 -d /dev/tee1
run rstmem alloc -s 1M --via heap -- sh -c 'echo softtee >/sys/bus/platform/drivers/softtee/unbind
	rstmem inspect $RSTMEM_FD; rstmem inspect --json $RSTMEM_FD >json'
check 'inspect: says that the device of a buffer is gone' \
	grep -qx 'device    gone; the memory stays until the last reference ends' $out
check 'inspect --json: has true for a device that is gone' \
	grep -qx '  "device_gone": true' json
check 'inspect --json: has null for the name of a device that is gone' \
	grep -qx '  "device": null,' json
rmmod rstmem_fake
rmmod softtee
run rstmem info
heaps_text 'none, no TEE device is behind it' >expected
check 'info: lists heaps that have no device' cmp -s $out expected
check 'info: ends with status 3 when no heap has a device' [ $status = 3 ]
check 'info: says what to load when no heap has a device' \
	grep -q 'no dma-heap has restricted memory; load softtee' $err
refused 3 'no TEE device and no dma-heap has restricted memory; load softtee or' \
	alloc -s 1
refused 3 'no dma-heap has restricted memory; load softtee or a backend' \
	alloc -s 1 --via heap
refused 1 "$video: the device's restricted memory is gone or going away" \
	alloc -s 1 -d $video
refused 1 "$video: the device's restricted memory is gone or going away" \
	info -d $video
run rstmem info --json
{
	printf '{\n  "devices": [],\n'
	json_heaps false
} >expected
sed -e '/^  "\(error\|reason\|advice\)": /d' -e 's/^  \],$/  ]/' $out >changed
check 'info --json: has the documented form for heaps that have no device' \
	cmp -s changed expected
check 'info --json: has the reason why no heap has a device' \
	grep -qx '  "reason": "no-device",' $out
check 'info --json: prints JSON for heaps that have no device' is_json $out
check 'info --json: ends with status 3 when no heap has a device' [ $status = 3 ]

rmmod rstmem_edu tee_rstmem rstmem_heap
for verb in stat buffers 'top -n 1'; do
	# shellcheck disable=SC2086
	run rstmem $verb
	check "rstmem $verb: ends with status 3 without any device" [ $status = 3 ]
	check "rstmem $verb: says what to load without any device" \
		grep -q 'load softtee or a backend' $err
done
refused 3 'no TEE device and no dma-heap has restricted memory; load softtee or' info
run rstmem info --json
check 'info --json: has two empty lists without any device' \
	grep -q '^{"devices":\[\],"heaps":\[\],"error":"noTEEdeviceand' <<-END
	$(tr -d ' \n' <$out)
	END
check 'info --json: prints JSON without any device' is_json $out
check 'info --json: ends with status 3 without any device' [ $status = 3 ]

# doctor on modules that are installed or not.
run rstmem doctor
check 'doctor: ends with status 3 without any device' [ $status = 3 ]
check 'doctor: sees modules that are installed and not loaded' \
	grep -q '^ok .*the modules are installed; a backend loads them$' $out
if grep -q memmap= /proc/cmdline; then
	check 'doctor: takes the memory of the kernel command line for softtee' \
		grep -qE '^ +run: modprobe softtee pool=.*@.*:secure-video$' $out
else
	check 'doctor: refers to the manual page where the kernel command line sets no memory aside' \
		grep -qE '^ +run: man softtee$' $out
fi
echo Y >enforce
mount --bind enforce /sys/module/module/parameters/sig_enforce
run rstmem doctor
check 'doctor: sees that an installed module has no signature' \
	grep -q '^problem .*the kernel refuses unsigned modules' $out
umount /sys/module/module/parameters/sig_enforce
dep=/lib/modules/$(uname -r)/modules.dep
cp "$dep" all
sed -i '/tee_rstmem\.ko:/d' "$dep"
run rstmem doctor
check 'doctor: misses modules that are not installed' grep -q '^problem modules' $out
check 'doctor: says which package has the headers' \
	grep -qxF "                   run: apt install linux-headers-$(uname -r)" $out
mount -t tmpfs none /sys/class
mkdir /sys/class/rstmem
run rstmem doctor
check 'doctor: sees a kernel with restricted memory of its own' \
	grep -q "^ok .*the kernel's TEE core has restricted memory itself" $out
rmdir /sys/class/rstmem
mount -t tmpfs none /sys/module
sed -i '/\/tee\.ko:/d' "$dep"
sed -i '/\/tee\.ko/d' "${dep%dep}builtin"
run rstmem doctor
check 'doctor: misses the TEE subsystem' grep -q '^problem TEE ' $out
umount /sys/class /sys/module
cp all "$dep"

finish
