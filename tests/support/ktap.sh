#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# KTAP for tests that are shell scripts: ". ktap.sh" begins, "finish" ends. Whoever
# wants to see more of a failure defines details after that.
# shellcheck disable=SC3043 # busybox has it
cases=0
failed=0
skipped=0

details() {
	:
}

# result STATUS NAME: a case, ok when STATUS is 0, that of the command before.
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
	local name=$1

	shift
	"$@"
	result $? "$name"
}

# skip NAME WHY: a case that this machine cannot have.
skip() {
	skipped=$((skipped + 1))
	result 0 "$1 # SKIP $2"
}

# Nothing more can be tested.
bail() {
	echo "Bail out! $*"
	exit 1
}

# The plan comes last, and with it the verdict: 4 when all is skipped. Without a case
# nothing has been tested.
finish() {
	echo "1..$cases"
	[ $cases != 0 ] || exit 1
	[ $skipped != $cases ] || exit 4
	[ $failed = 0 ]
	exit
}

echo 'KTAP version 1'
