#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# conform-mainline.sh TABLE: runs the conformance suite on the kernel's own protected
# heap and on the project's beside it, and compares with what docs/conformance.md
# says of each check. A kernel that does otherwise makes the table out of date.
# shellcheck disable=SC3043 # busybox has it

table=$1
# ID RESULT of each check of a heap; RESULT is pass, fail, unmet or skip.
results() {
	rstmem conform -H "$1" >/tmp/report
	sed -n -e 's/^ok [0-9]* - \([a-z.-]*\)$/\1 pass/p' \
		-e 's/^ok [0-9]* - \([a-z.-]*\) # SKIP.*/\1 skip/p' \
		-e 's/^not ok [0-9]* - \([a-z.-]*\)$/\1 fail/p' \
		-e 's/^not ok [0-9]* - \([a-z.-]*\) # TODO.*/\1 unmet/p' /tmp/report
}

# What the table says in a column, as results() does.
recorded() {
	sed -n 's/^| `\([a-z.-]*\)` | \([a-z]*\) | \([a-z]*\) |$/\1 \2 \3/p' "$table" |
		awk -v column="$1" '{ print $1, $column }'
}

compare() {
	local name=$1 id want got

	results "$2" >/tmp/got
	sed 's/^/# /' /tmp/report
	recorded "$3" >/tmp/want
	while read -r id want; do
		got=$(awk -v id="$id" '$1 == id { print $2 }' /tmp/got)
		[ "$got" = "$want" ]
		result $? "$name: $id: $want, as recorded${got:+; is $got}"
	done </tmp/want
	[ "$(cut -d' ' -f1 /tmp/got)" = "$(cut -d' ' -f1 /tmp/want)" ]
	result $? "$name: the table has every check, in order"
}

. ktap.sh
modprobe bench_mainline size=16777216 && modprobe softtee pool=16M@0x10000000
result $? "the kernel's own heap, $(uname -r), and softtee's"
compare "rstmem's" protected,secure-video 2
compare "mainline's" protected,trusted-ui 3
finish
