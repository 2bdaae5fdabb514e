#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The tracepoints by way of the tools that people use, as Debian has them: perf and
# trace-cmd, with filters on fields.
# shellcheck shell=dash
cd /tmp || exit 1

# What is traced: a buffer, and one that does not fit.
cat >work <<'END'
rstmem alloc -s 5000 -u trusted-ui
rstmem alloc -s 1G
rstmem alloc -s 3M
:
END

has() { grep -qE "$1" out; }
count() { grep -cE "$1" out; }

. ktap.sh
details() { sed 's/^/# /' out; }
perf record -q -a -e 'rstmem:*' -o data -- sh work >/dev/null 2>out
perf script -i data >out 2>&1
check 'perf: an allocation' \
	has 'rstmem:rstmem_alloc: tee0,trusted-ui ino=[0-9]+ size=8192 wanted=5000 paddr=0x'
check 'its end' has 'rstmem:rstmem_free: tee0,trusted-ui ino=[0-9]+ size=8192$'
check 'and a refusal' \
	has 'rstmem:rstmem_alloc_refuse: tee0,secure-video wanted=1073741824 error=-12$'
perf record -q -a -e rstmem:rstmem_alloc --filter 'size > 1048576' -o data -- sh work \
	>/dev/null 2>out
perf script -i data >out 2>&1
check 'perf filters by a field' [ "$(count 'rstmem_alloc:')" = 1 ]

trace-cmd record -q -o data -e rstmem sh work >out 2>&1
trace-cmd report -q -i data >out 2>&1
check 'trace-cmd: an allocation' \
	has 'rstmem_alloc: +tee0,trusted-ui ino=[0-9]+ size=8192 wanted=5000 paddr=0x'
check 'its end' has 'rstmem_free: +tee0,trusted-ui ino=[0-9]+ size=8192$'
check 'and a refusal' \
	has 'rstmem_alloc_refuse: +tee0,secure-video wanted=1073741824 error=-12$'
trace-cmd record -q -o data -e rstmem:rstmem_alloc_refuse -f 'error == -12' \
	-e rstmem:rstmem_alloc -f 'wanted == 5000' sh work >out 2>&1
trace-cmd report -q -i data >out 2>&1
check 'trace-cmd filters by a field' \
	[ "$(count 'rstmem_alloc_refuse:') $(count 'rstmem_alloc:')" = '1 1' ]

finish
