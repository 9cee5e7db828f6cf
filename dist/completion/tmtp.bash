# bash completion for tmtp
_tmtp()
{
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
	local account=() command= first= i
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		-a|--account)
			account=(-a "${COMP_WORDS[i+1]}"); ((i++)) ;;
		-*)	;;
		*)	if [[ -z $command ]]; then command=${COMP_WORDS[i]}
			elif [[ -z $first ]]; then first=${COMP_WORDS[i]}; fi ;;
		esac
	done
	local names=() IFS=$'\n'
	case $before in
	-a|--account)
		names=($(command ls "${XDG_CONFIG_HOME:-$HOME/.config}/tmtp" \
		    2>/dev/null)) ;;
	-f|--file)
		[[ $command == post ]] && {
			COMPREPLY=($(compgen -f -- "$word")); return; } ;;
	-d|--directory|-m|--maildir)
		COMPREPLY=($(compgen -d -- "$word")); return ;;
	-e|--exec)
		COMPREPLY=($(compgen -c -- "$word")); return ;;
	esac
	if [[ ${#names[@]} -eq 0 && $word == -* ]]; then
		case $command in
		'')	names=(-a --account --json --help --version) ;;
		join)	names=(--fingerprint --label --no-wait) ;;
		post)	names=(--file --subject --reply --wait --timeout) ;;
		read)	names=(--follow --all --json --maildir --exec
			    --directory --timeout) ;;
		group)	names=(--moderated --closed) ;;
		alias)	names=(--uses) ;;
		device)	names=(--after) ;;
		esac
	elif [[ ${#names[@]} -eq 0 ]]; then
		case $command:$first in
		:)	names=($(tmtp --help 2>/dev/null |
			    sed -n 's/^  \([a-z]*\) .*/\1/p')) ;;
		post:*|talk:|group:invite)
			names=($(tmtp "${account[@]}" contacts 2>/dev/null |
			    sed 's/  (.*//'
			    tmtp "${account[@]}" group 2>/dev/null |
			    sed 's/  (.*//')) ;;
		contacts:)	names=(accept drop rename) ;;
		contacts:*)	names=($(tmtp "${account[@]}" contacts \
			    2>/dev/null | sed 's/  (.*//')) ;;
		group:)	names=(invite join leave rename drop moderator pass
			    reject) ;;
		group:*)	names=($(tmtp "${account[@]}" group \
			    2>/dev/null | sed 's/  (.*//')) ;;
		alias:)	names=(add drop) ;;
		alias:drop)	names=($(tmtp "${account[@]}" alias \
			    2>/dev/null)) ;;
		device:)	names=(add drop) ;;
		queue:)	names=(send drop retry) ;;
		queue:*)	names=($(tmtp "${account[@]}" queue \
			    2>/dev/null | sed 's/ .*//')) ;;
		esac
	fi
	COMPREPLY=()
	for i in "${names[@]}"; do
		[[ $i == "$word"* ]] && COMPREPLY+=("$(printf '%q' "$i")")
	done
}
complete -F _tmtp tmtp
