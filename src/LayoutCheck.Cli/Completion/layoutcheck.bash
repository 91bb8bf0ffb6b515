# Completion of layoutcheck for bash: eval "$(layoutcheck completion bash)"

_layoutcheck() {
    local word line flags= i
    local -a words=() candidates=()

    # bash cuts words at = and : too; the program wants them whole.
    for ((i = 1; i <= COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if ((${#words[@]} > 0)) && [[ $word == [=:]* || ${words[-1]} == *[=:] ]]; then
            words[-1]+=$word
        else
            words+=("$word")
        fi
    done
    local whole=${words[-1]} tail=${COMP_WORDS[COMP_CWORD]}
    [[ $tail == [=:]* ]] && tail=${tail##*[=:]}

    # The marks of quoting are no part of a name.
    for i in "${!words[@]}"; do
        words[i]=${words[i]//[\\\"\']/}
        [[ ${words[i]} == '~/'* ]] && words[i]=$HOME/${words[i]#'~/'}
    done

    local program=${COMP_WORDS[0]}
    [[ $program == '~/'* ]] && program=$HOME/${program#'~/'}
    while IFS= read -r line; do
        case $line in
            :*) flags=$line ;;
            *) candidates+=("${line:$((${#whole} - ${#tail}))}") ;;
        esac
    done < <("$program" complete -- "${words[@]}" 2>/dev/null)

    COMPREPLY=("${candidates[@]}")
    case $flags in
        :file*) compopt -o default -o bashdefault 2>/dev/null ;;
        :folder*) compopt -o dirnames 2>/dev/null ;;
        :open*) compopt -o nospace 2>/dev/null ;;
    esac
}

complete -F _layoutcheck layoutcheck
