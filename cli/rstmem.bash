# SPDX-License-Identifier: GPL-2.0-only
# bash completion for rstmem(1)

_rstmem()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local verb=${COMP_WORDS[1]} i words

	COMPREPLY=()

	if ((COMP_CWORD == 1)); then
		mapfile -t COMPREPLY < <(compgen -W \
			'info stat buffers top alloc inspect conform doctor features help version --help --version' -- "$cur")
		return
	fi

	# The words after -- are completed as a command of their own.
	if [[ $verb == alloc ]]; then
		for ((i = 2; i < COMP_CWORD; i++)); do
			[[ ${COMP_WORDS[i]} == -- ]] || continue
			if declare -F _command_offset >/dev/null; then
				_command_offset $((i + 1))
			elif ((COMP_CWORD == i + 1)); then
				mapfile -t COMPREPLY < <(compgen -c -- "$cur")
			else
				compopt -o default
			fi
			return
		done
	fi

	# --option=value arrives as three words.
	if [[ $cur == = ]]; then
		cur=
	elif [[ $prev == = ]]; then
		prev=${COMP_WORDS[COMP_CWORD - 2]}
	fi

	case $verb:$prev in
	info:-d | info:--device | alloc:-d | alloc:--device)
		mapfile -t COMPREPLY < <(compgen -G '/dev/tee[0-9]*'
			compgen -G '/dev/dma_heap/protected,*')
		mapfile -t COMPREPLY < <(compgen -W "${COMPREPLY[*]}" -- "$cur")
		return
		;;
	conform:--heap)
		mapfile -t COMPREPLY < <(cd /dev/dma_heap 2>/dev/null &&
			compgen -G 'protected,*')
		mapfile -t COMPREPLY < <(compgen -W "${COMPREPLY[*]}" -- "$cur")
		return
		;;
	alloc:--via)
		mapfile -t COMPREPLY < <(compgen -W 'tee heap' -- "$cur")
		return
		;;
	*:-d | *:--device)
		mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/dev/tee[0-9]*')" \
			-- "$cur")
		return
		;;
	buffers:-x | buffers:--sort)
		mapfile -t COMPREPLY < <(compgen -W \
			'size age user pid command account' -- "$cur")
		return
		;;
	top:-x | top:--sort)
		mapfile -t COMPREPLY < <(compgen -W \
			'size buffers age user pid command account' -- "$cur")
		return
		;;
	info:-o | info:--output)
		mapfile -t COMPREPLY < <(compgen -W 'DEVICE USE-CASE GRANULE FLOOR TOTAL
			MOST USED LARGEST-FREE BUFFERS CAPABILITIES MEMORY' -- "${cur^^}")
		return
		;;
	stat:-o | stat:--output)
		mapfile -t COMPREPLY < <(compgen -W 'DEVICE USE-CASE USED TOTAL PEAK FREE
			LARGEST-FREE FRAGMENTED BUFFERS LOST FLOOR MOST OUT WANTED POISONED
			FAILED-STEPS USER-BYTES USER-BUFFERS
			BUFFER-BYTES RESERVE NO-MEMORY OVER-LIMIT BACKEND NO-IMPORTER
			OUT-OF-REACH IMPORTERS' -- "${cur^^}")
		return
		;;
	buffers:-o | buffers:--output)
		mapfile -t COMPREPLY < <(compgen -W 'SIZE ACCOUNT AGE USER PID COMMAND
			PROCESS REFS INODE IMPORTERS HOLDERS' -- "${cur^^}")
		return
		;;
	features:-o | features:--output)
		mapfile -t COMPREPLY < <(compgen -W 'FEATURE WORKS WHY' -- "${cur^^}")
		return
		;;
	top:-v | top:--view)
		mapfile -t COMPREPLY < <(compgen -W 'processes users buffers' -- "$cur")
		return
		;;
	*:-u | *:--use-case)
		mapfile -t COMPREPLY < <(compgen -W \
			'secure-video trusted-ui secure-video-record' -- "$cur")
		return
		;;
	alloc:-s | alloc:--size | top:-i | top:--interval | top:-n | top:--count)
		return
		;;
	esac

	case $verb in
	info)
		words='--device --output --noheadings --bytes --json --help'
		;;
	stat)
		words='--device --use-case --output --noheadings --bytes --json --help'
		;;
	buffers)
		words='--device --use-case --sort --reverse --output --noheadings --bytes
			--json --help'
		;;
	top)
		words='--interval --count --device --use-case --view --sort --reverse
			--text --json --help'
		;;
	alloc)
		words='--size --use-case --device --via --hold --json --help --'
		;;
	inspect)
		words='--json --help'
		;;
	doctor)
		words='--prove --yes --json --help'
		;;
	features)
		words='--output --noheadings --json --help'
		;;
	conform)
		words='--device --heap --use-case --list --json --help'
		;;
	help)
		words='info stat buffers top alloc inspect conform doctor features help version'
		;;
	*)
		words='--help'
		;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}

complete -F _rstmem rstmem
