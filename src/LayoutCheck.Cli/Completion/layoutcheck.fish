# Completion of layoutcheck for fish: layoutcheck completion fish | source

function __layoutcheck_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct | string unescape)
    set -l program $words[1]
    set -e words[1]
    for line in ($program complete -- $words "$current" 2>/dev/null)
        switch $line
            case ':file,*' ':folder,*'
                set -l behind (string replace -r '.*,' '' -- $line)
                set -l start (string sub -l $behind -- "$current")
                set -l rest (string sub -s (math $behind + 1) -- "$current")
                if string match -q ':folder*' -- $line
                    __fish_complete_directories $rest '' | string replace -r '^' -- "$start"
                else
                    __fish_complete_path $rest | string replace -r '^' -- "$start"
                end
            case ':*'
            case '*'
                echo $line
        end
    end
end

complete -c layoutcheck -f -a '(__layoutcheck_complete)'
