#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# KTAP for test scripts: ". ktap.sh" begins, "finish" ends. A script that redefines details
# after ". ktap.sh" prints more about a failure.
# shellcheck disable=SC3043 # busybox has it
cases=0
failed=0
skipped=0

details() {
	:
}

# result STATUS NAME: a case that is ok when STATUS is 0.
result() {
	cases=$((cases + 1))
	if [ "$1" = 0 ]; then
		echo "ok $cases - $2"
	else
		echo "not ok $cases - $2"
		failed=$((failed + 1))
		details
	fi
}

# check NAME COMMAND...: a case that is ok when COMMAND succeeds.
check() {
	local name="$1"

	shift
	"$@"
	result $? "$name"
}

# skip NAME WHY: a case that cannot run on this machine.
skip() {
	skipped=$((skipped + 1))
	result 0 "$1 # SKIP $2"
}

# bail WHY: ends the test when nothing more can be tested.
bail() {
	echo "Bail out! $*"
	exit 1
}

# finish: prints the plan and ends. The status is 0, 1 when a case failed or there is none,
# or 4 when all cases were skipped.
finish() {
	echo "1..$cases"
	[ $cases != 0 ] || exit 1
	[ $skipped != $cases ] || exit 4
	[ $failed = 0 ]
	exit
}

echo 'KTAP version 1'
