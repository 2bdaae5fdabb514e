#compdef rstmem
# SPDX-License-Identifier: GPL-2.0-only
# zsh completion for rstmem(1)

_rstmem_nodes()
{
	local -a nodes=(/dev/tee<->(N))

	[[ $1 == all ]] && nodes+=(/dev/dma_heap/protected,*(N))
	compadd -a nodes
}

_rstmem_heaps()
{
	local -a heaps=(/dev/dma_heap/protected,*(N:t))

	compadd -a heaps
}

_rstmem()
{
	local -a verbs=(
		'info:show devices, heaps and how full they are'
		'stat:show limits, peaks and refusals'
		'buffers:list buffers, their owners and holders, for root'
		'top:watch which processes use how much'
		'alloc:allocate a buffer, for a time or for a command'
		'inspect:describe a dma-buf'
		'conform:check a device against the manual'
		'doctor:say what works on this system and what to do next'
		'features:show what the kernel and the modules can do, and why not'
		'help:show help'
		'version:show the version'
	)
	local -a json=('(- *)'{-h,--help}'[show help]' '(-j --json)'{-j,--json}'[print JSON, for programs]')
	local -a use_case=('(-u --use-case)'{-u,--use-case}'[use case]:use case:(secure-video trusted-ui secure-video-record)')
	local -a device=('(-d --device)'{-d,--device}'[TEE device]:device:_rstmem_nodes tee')
	local -a any=('(-d --device)'{-d,--device}'[TEE device or heap]:device:_rstmem_nodes all')
	local -a reverse=('(-r --reverse)'{-r,--reverse}'[reverse the order]')

	local -a titles=('--noheadings[print no titles]')
	local -a bytes=('(-b --bytes)'{-b,--bytes}'[print sizes in bytes]')

	if ((CURRENT == 2)); then
		_describe -t verbs 'verb' verbs
		compadd -- --help --version
		return
	fi
	local verb=$words[2]
	shift words
	((CURRENT--))

	case $verb in
	info)
		_arguments -s -S $json $any $titles $bytes \
			'(-o --output)'{-o,--output}'[columns]:column:(DEVICE USE-CASE GRANULE FLOOR TOTAL MOST USED LARGEST-FREE BUFFERS CAPABILITIES MEMORY)'
		;;
	stat)
		_arguments -s -S $json $device $use_case $titles $bytes \
			'(-o --output)'{-o,--output}'[columns]:column:(DEVICE USE-CASE USED TOTAL PEAK FREE LARGEST-FREE FRAGMENTED BUFFERS LOST FLOOR MOST OUT WANTED POISONED FAILED-STEPS USER-BYTES USER-BUFFERS BUFFER-BYTES RESERVE NO-MEMORY OVER-LIMIT BACKEND NO-IMPORTER OUT-OF-REACH IMPORTERS)'
		;;
	buffers)
		_arguments -s -S $json $device $use_case $reverse $titles $bytes \
			'(-o --output)'{-o,--output}'[columns]:column:(SIZE ACCOUNT AGE USER PID COMMAND PROCESS REFS INODE IMPORTERS HOLDERS)' \
			'(-x --sort)'{-x,--sort}'[sort]:key:(size age user pid command account)'
		;;
	top)
		_arguments -s -S $json $device $use_case $reverse \
			'(-x --sort)'{-x,--sort}'[sort]:key:(size buffers age user pid command account)' \
			'(-i --interval)'{-i,--interval}'[time between rounds]:seconds:' \
			'(-n --count)'{-n,--count}'[number of rounds]:count:' \
			'(-t --text)'{-t,--text}'[print text]' \
			'(-v --view)'{-v,--view}'[what to list]:view:(processes users buffers)'
		;;
	alloc)
		_arguments -s $json $any $use_case \
			'(-s --size)'{-s,--size}'[bytes, or with K, M, G]:size:' \
			'--via[way to the memory]:way:(tee heap)' \
			'(-H --hold)'{-H,--hold}'[keep the buffer]' \
			'*::command: _normal'
		;;
	inspect)
		_arguments -s -S $json ':descriptor, FD or PID\:FD:'
		;;
	conform)
		_arguments -s -S $json $device $use_case \
			'--heap[heap]:heap:_rstmem_heaps' \
			'(-l --list)'{-l,--list}'[list the checks]'
		;;
	doctor)
		_arguments -s -S $json \
			'--prove=-[try to read restricted memory]::also what may stop the machine:(abort)' \
			'(-y --yes)'{-y,--yes}'[allow --prove without being asked]'
		;;
	features)
		_arguments -s -S $json $titles \
			'(-o --output)'{-o,--output}'[columns]:column:(FEATURE WORKS WHY)'
		;;
	help)
		_describe -t verbs 'verb' verbs
		;;
	esac
}

_rstmem "$@"
