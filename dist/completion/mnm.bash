# bash completion for mnm
_mnm()
{
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
	local words=() config=() i
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		-c)	config=(-c "${COMP_WORDS[i+1]}"); ((i++)) ;;
		-*)	;;
		*)	words+=("${COMP_WORDS[i]}") ;;
		esac
	done
	if [[ $before == -c ]]; then
		COMPREPLY=($(compgen -f -- "$word"))
		return
	fi
	# The help lists each command in a line, with its options in brackets.
	local n=${#words[@]} IFS=$'\n'
	COMPREPLY=($(compgen -W "$(mnm "${config[@]}" -h 2>/dev/null |
	    awk -v n="$n" -v given="${words[*]}" -v word="$word" '
	    /^  [a-z]/ {
		if (word ~ /^-/) {
			split(given, had, "\n")
			if ($1 != had[1])
				next
			while (match($0, /--[a-z-]+/)) {
				print substr($0, RSTART, RLENGTH)
				$0 = substr($0, RSTART + RLENGTH)
			}
			next
		}
		split(given, had, "\n")
		for (i = 1; i <= n; i++)
			if ($i != had[i])
				next
		if ($(n + 1) ~ /^[a-z][a-z-]*$/)
			print $(n + 1)
	    }' | sort -u)" -- "$word"))
	[[ ${words[0]} == backup || ${words[0]} == init ||
	    ${words[0]} == fsck ]] && COMPREPLY+=($(compgen -d -- "$word"))
}
complete -F _mnm mnm
