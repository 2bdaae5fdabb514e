#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs the unit tests in a kernel with KUnit. Each case gets the result that KUnit has in
# debugfs.
results=/sys/kernel/debug/kunit

. ktap.sh
# KUnit runs no test without enable=1.
if ! modprobe kunit enable=1 || ! modprobe rstmem_kunit; then
	bail 'KUnit or rstmem_kunit cannot be loaded'
fi
[ -d $results ] || mount -t debugfs debugfs /sys/kernel/debug

for suite in size limits importers extent; do
	file=$results/rstmem_$suite/results
	# The lines of a case are indented, and so are its diagnostic lines.
	sed -n 's/^ *\(#.*\)/\1/p' "$file"
	count=0
	while read -r verdict name; do
		count=$((count + 1))
		check "$suite: $name" [ "$verdict" = ok ]
	done <<END
$(sed -n -e 's/^    ok [0-9]* \(.*\)/ok \1/p' -e 's/^    not ok [0-9]* \(.*\)/not-ok \1/p' "$file")
END
	# Every planned case has a line, and the suite has one.
	[ "$count" = "$(sed -n 's/^    1\.\.\([0-9]*\)$/\1/p' "$file")" ] &&
		grep -q "^ok [0-9]* rstmem_$suite$" "$file"
	result $? "$suite: all planned cases ran ($count), and the suite passes"
done
rmmod rstmem_kunit
finish
