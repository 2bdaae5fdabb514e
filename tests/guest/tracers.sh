#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The tracepoints with Debian's perf and trace-cmd, and with filters on fields.
# shellcheck shell=dash
cd /tmp || exit 1

# The traced work: two buffers, and one that does not fit.
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
check 'perf: shows rstmem_alloc' \
	has 'rstmem:rstmem_alloc: tee0,trusted-ui ino=[0-9]+ size=8192 wanted=5000 paddr=0x'
check 'perf: shows rstmem_free' has 'rstmem:rstmem_free: tee0,trusted-ui ino=[0-9]+ size=8192$'
check 'perf: shows rstmem_alloc_refuse' \
	has 'rstmem:rstmem_alloc_refuse: tee0,secure-video wanted=1073741824 error=-12$'
perf record -q -a -e rstmem:rstmem_alloc --filter 'size > 1048576' -o data -- sh work \
	>/dev/null 2>out
perf script -i data >out 2>&1
check 'perf: filters by fields' [ "$(count 'rstmem_alloc:')" = 1 ]

trace-cmd record -q -o data -e rstmem sh work >out 2>&1
trace-cmd report -q -i data >out 2>&1
check 'trace-cmd: shows rstmem_alloc' \
	has 'rstmem_alloc: +tee0,trusted-ui ino=[0-9]+ size=8192 wanted=5000 paddr=0x'
check 'trace-cmd: shows rstmem_free' has 'rstmem_free: +tee0,trusted-ui ino=[0-9]+ size=8192$'
check 'trace-cmd: shows rstmem_alloc_refuse' \
	has 'rstmem_alloc_refuse: +tee0,secure-video wanted=1073741824 error=-12$'
trace-cmd record -q -o data -e rstmem:rstmem_alloc_refuse -f 'error == -12' \
	-e rstmem:rstmem_alloc -f 'wanted == 5000' sh work >out 2>&1
trace-cmd report -q -i data >out 2>&1
check 'trace-cmd: filters by fields' \
	[ "$(count 'rstmem_alloc_refuse:') $(count 'rstmem_alloc:')" = '1 1' ]

finish
