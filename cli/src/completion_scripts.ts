/**
 * The scripts that `natslock completion` prints. They call `natslock complete -- WORDS`, which prints one candidate per
 * line, a tab and its meaning, and at last `:0` if files can follow, else `:4`.
 */

/** For bash 3.2 and later. It does not need the package bash-completion. */
const BASH = String.raw`# Completion of natslock for bash: eval "$(natslock completion bash)"
_natslock() {
  local line=${"$"}{COMP_LINE:0:COMP_POINT} words=() rest word i value prefix
  # bash splits words at ":" and "=", too. What no space separates is one word.
  for ((i = 0; i <= COMP_CWORD; i++)); do
    word=${"$"}{COMP_WORDS[i]}
    rest=${"$"}{line#"${"$"}{line%%[![:space:]]*}"}
    if ((i > 0)) && [[ $rest == "$line" ]]; then
      words[${"$"}{#words[@]}-1]+=$word
    else
      words+=("$word")
    fi
    line=${"$"}{rest#"$word"}
  done
  word=${"$"}{words[${"$"}{#words[@]}-1]}
  prefix=${"$"}{word%"${"$"}{word##*[:=]}"}
  COMPREPLY=()
  while IFS=$'\t' read -r value _; do
    case $value in
      :0) ;;
      :*) compopt +o default +o bashdefault 2> /dev/null ;;
      *) COMPREPLY+=("${"$"}{value#"$prefix"}") ;;
    esac
  done < <(natslock complete -- "${"$"}{words[@]:1}" 2> /dev/null)
}
complete -o bashdefault -o default -F _natslock natslock`;

const ZSH = String.raw`#compdef natslock
# Completion of natslock for zsh: eval "$(natslock completion zsh)"
_natslock() {
  local -a candidates
  local line files
  for line in "${"$"}{(@f)$(natslock complete -- "${"$"}{(@Q)words[2,CURRENT-1]}" "${"$"}{(Q)PREFIX}" 2> /dev/null)}"; do
    case $line in
      :0) files=1 ;;
      :*) ;;
      *) candidates+=("${"$"}{${"$"}{line%%$'\t'*}//:/\\:}:${"$"}{line#*$'\t'}") ;;
    esac
  done
  if [[ -n $files ]]; then
    [[ $PREFIX == --*=* ]] && compset -P '*='
    _files
  elif ((${"$"}{#candidates})); then
    _describe -t candidates natslock candidates
  fi
}
if [[ $funcstack[1] == _natslock ]]; then
  _natslock "$@"
else
  ((${"$"}{+functions[compdef]})) || { autoload -Uz compinit && compinit; }
  compdef _natslock natslock
fi`;

const FISH = String.raw`# Completion of natslock for fish: natslock completion fish | source
function __natslock_candidates
    set -l before (commandline -opc)
    set -l last (commandline -ct)
    set -l found (natslock complete -- $before[2..-1] "$last" 2> /dev/null)
    if test "$found[-1]" = ":0"
        set -l prefix (string match -r -- '^--[^=]*=' "$last")
        for path in (__fish_complete_path (string replace -r -- '^--[^=]*=' '' "$last"))
            echo "$prefix$path"
        end
    else
        string match -v -- ':*' $found
    end
end
complete -c natslock -e
complete -c natslock -f -a '(__natslock_candidates)'`;

/** Scripts by shell. That of PowerShell comes from a package. */
export const SCRIPTS: Readonly<Record<string, string>> = { bash: BASH, zsh: ZSH, fish: FISH };
