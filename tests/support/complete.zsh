# SPDX-License-Identifier: GPL-2.0-only
# zsh -f complete.zsh FILE LINE: prints the words that the completion function in FILE
# offers at the end of LINE. zsh completes only on a terminal, so a second one gets a pty.
zmodload zsh/zpty
work=$(mktemp -d) || exit
trap 'zpty -d shell; rm -rf $work' EXIT
cp $1 $work/_rstmem
: >$work/words

cat >$work/setup <<'SETUP'
fpath=($work $fpath)
autoload -Uz compinit
compinit -u -D
# Print what would be offered. Calls with -O, -A or -D only compute.
compadd()
{
	local -a found

	if (( ! ${@[(I)-[OAD]*]} )); then
		builtin compadd -O found "$@"
		print -rl -- $found >>$work/words
	fi
	builtin compadd "$@"
}
finished() { : >$work/finished }
zle -N finished
bindkey '^I' complete-word '^X' finished
LISTMAX=10000
PROMPT=
: >$work/started
SETUP

wait_for() {
	repeat 400; do
		[[ -e $1 ]] && return
		zpty -rt shell && :
		sleep 0.05
	done >/dev/null
	print -u2 "complete.zsh: the other zsh does not answer"
	exit 1
}

zpty shell "work=$work zsh -f -i"
zpty -w shell "source $work/setup"
wait_for $work/started
zpty -wn shell "$2"$'\t\x18'
wait_for $work/finished
cat $work/words
