#compdef layoutcheck
# Completion of layoutcheck for zsh: eval "$(layoutcheck completion zsh)" behind compinit, or this text as _layoutcheck in a folder of $fpath

_layoutcheck() {
    local line flags= behind=0
    local -a candidates

    for line in "${(@f)$("${(Q)words[1]}" complete -- "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)}"; do
        case $line in
            :*) flags=${${line#:}%%,*} behind=${line##*,} ;;
            ?*) candidates+=("$line") ;;
        esac
    done

    case $flags in
        file|folder)
            ((behind > 0)) && compset -p $behind
            if [[ $flags == folder ]]; then
                _files -/
            else
                _files
            fi
            ;;
        open) compadd -S '' -a -- candidates ;;
        *) compadd -a -- candidates ;;
    esac
}

if [[ $funcstack[1] == _layoutcheck ]]; then
    _layoutcheck "$@"
else
    compdef _layoutcheck layoutcheck
fi
