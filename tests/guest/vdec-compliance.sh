#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# v4l2-compliance of v4l-utils on rstmem_vdec: turns its results into KTAP. One test must fail,
# and for no other reason: the driver has no memory of its own for programs to map.
echo 'KTAP version 1'
modprobe rstmem_vdec || exit 1
# The media device leads to the video device.
v4l2-compliance -m /dev/media0 >/tmp/log
awk -F ': ' '
	function result(good, name) {
		n++
		failed += !good
		print (good ? "ok" : "not ok"), n, "-", name
	}
	/fail: / { why = $0 }
	/^\ttest / {
		name = substr($1, 7)
		bad = $NF == "FAIL"
		if (name == "VIDIOC_REQBUFS/CREATE_BUFS/QUERYBUF") {
			bad = !bad || why !~ /!mmap_valid && dmabuf_valid/
			name = name " fails, as there is no V4L2_MEMORY_MMAP"
		}
		if (bad)
			print "#" why
		result(!bad, name)
		why = ""
	}
	/^Grand Total / {
		total = $0
		sub(/.*Warnings: /, "", total)
	}
	END {
		result(total == "0", "the whole run ends without a warning")
		print "1.." n
		exit failed != 0
	}' /tmp/log
