#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs the unit tests inside the kernel and passes on what KUnit says of each case, by
# its debugfs. For kernels with KUnit.
results=/sys/kernel/debug/kunit

. ktap.sh
# KUnit runs nothing unless it is told to.
if ! modprobe kunit enable=1 || ! modprobe rstmem_kunit; then
	bail 'KUnit or rstmem_kunit cannot be loaded'
fi
[ -d $results ] || mount -t debugfs debugfs /sys/kernel/debug

for suite in size limits importers extent; do
	file=$results/rstmem_$suite/results
	# Cases are indented, below the line of their suite, and have lines of their own.
	sed -n 's/^ *\(#.*\)/\1/p' "$file"
	count=0
	while read -r verdict name; do
		count=$((count + 1))
		check "$suite: $name" [ "$verdict" = ok ]
	done <<END
$(sed -n -e 's/^    ok [0-9]* \(.*\)/ok \1/p' -e 's/^    not ok [0-9]* \(.*\)/not-ok \1/p' "$file")
END
	# Every case that the suite planned has a line, and so has the suite.
	[ "$count" = "$(sed -n 's/^    1\.\.\([0-9]*\)$/\1/p' "$file")" ] &&
		grep -q "^ok [0-9]* rstmem_$suite$" "$file"
	result $? "$suite: the suite, of $count cases"
done
rmmod rstmem_kunit
finish
