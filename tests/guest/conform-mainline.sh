#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# conform-mainline.sh TABLE: runs the conformance suite on the kernel's own protected
# heap and on the project's beside it, and compares the result of each check with TABLE,
# which is docs/conformance.md. A kernel with other results makes the table out of date.
# shellcheck disable=SC3043 # busybox has it

table=$1
# results HEAP: ID RESULT of each check; RESULT is pass, fail, unmet or skip.
results() {
	rstmem conform --heap "$1" >/tmp/report
	sed -n -e 's/^ok [0-9]* - \([a-z.-]*\)$/\1 pass/p' \
		-e 's/^ok [0-9]* - \([a-z.-]*\) # SKIP.*/\1 skip/p' \
		-e 's/^not ok [0-9]* - \([a-z.-]*\)$/\1 fail/p' \
		-e 's/^not ok [0-9]* - \([a-z.-]*\) # TODO.*/\1 unmet/p' /tmp/report
}

# recorded COLUMN: the results of the table, in the form of results().
recorded() {
	# shellcheck disable=SC2016 # the quotes of a table
	sed -n 's/^| `\([a-z.-]*\)` | \([a-z]*\) | \([a-z]*\) |$/\1 \2 \3/p' "$table" |
		awk -v column="$1" '{ print $1, $column }'
}

compare() {
	local name="$1" id want got

	results "$2" >/tmp/got
	sed 's/^/# /' /tmp/report
	recorded "$3" >/tmp/want
	while read -r id want; do
		got=$(awk -v id="$id" '$1 == id { print $2 }' /tmp/got)
		[ "$got" = "$want" ]
		result $? "$name: $id is recorded as $want and seen as ${got:-missing}"
	done </tmp/want
	[ "$(cut -d' ' -f1 /tmp/got)" = "$(cut -d' ' -f1 /tmp/want)" ]
	result $? "$name: the table lists every check, in order"
}

. ktap.sh
modprobe bench_mainline size=16777216 && modprobe softtee pool=16M@0x10000000
result $? "bench_mainline and softtee: both load on $(uname -r)"
compare "rstmem's" protected,secure-video 2
compare "mainline's" protected,trusted-ui 3
finish
