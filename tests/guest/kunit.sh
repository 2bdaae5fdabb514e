#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs the unit tests inside the kernel and passes on what KUnit says of each case, by
# its debugfs. For kernels with KUnit.
results=/sys/kernel/debug/kunit

echo 'KTAP version 1'
# KUnit runs nothing unless it is told to.
if ! modprobe kunit enable=1 || ! modprobe rstmem_kunit; then
	echo 'Bail out! KUnit or rstmem_kunit cannot be loaded'
	exit 1
fi
[ -d $results ] || mount -t debugfs debugfs /sys/kernel/debug

cases=0
failed=0
for suite in size limits number importers extent; do
	file=$results/rstmem_$suite/results
	# Cases are indented, below the line of their suite, and have lines of their own.
	sed -n 's/^ *\(#.*\)/\1/p' "$file"
	count=0
	while read -r result name; do
		cases=$((cases + 1))
		count=$((count + 1))
		case $result in
		ok) echo "ok $cases - $suite: $name" ;;
		*)
			echo "not ok $cases - $suite: $name"
			failed=$((failed + 1))
			;;
		esac
	done <<END
$(sed -n -e 's/^    ok [0-9]* \(.*\)/ok \1/p' -e 's/^    not ok [0-9]* \(.*\)/not-ok \1/p' "$file")
END
	# Every case that the suite planned has a line, and so has the suite.
	cases=$((cases + 1))
	if [ "$count" = "$(sed -n 's/^    1\.\.\([0-9]*\)$/\1/p' "$file")" ] &&
		grep -q "^ok [0-9]* rstmem_$suite$" "$file"; then
		echo "ok $cases - $suite: the suite, of $count cases"
	else
		echo "not ok $cases - $suite: the suite, of $count cases"
		failed=$((failed + 1))
	fi
done
rmmod rstmem_kunit
echo "1..$cases"
[ $failed = 0 ]
