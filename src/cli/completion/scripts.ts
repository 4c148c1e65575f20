/** Shells that can complete. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/**
 * Scripts that ask `bayescnn __complete -- WORDS...` at each TAB: a line `word<TAB>description` for each candidate, then
 * `:files`, `:folders` or `:none`, what the shell should add of its own.
 */
export const SCRIPTS: Record<Shell, string> = {
  bash: `# bayescnn: completion for bash
_bayescnn() {
  local line="\${COMP_LINE:0:COMP_POINT}" reply word cur
  local -a words
  # COMP_WORDS is cut at "=" and ":", the program's own words are not.
  read -ra words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=("")
  cur="\${words[\${#words[@]}-1]}"
  COMPREPLY=()
  while IFS= read -r reply; do
    word="\${reply%%$'\\t'*}"
    case "$word" in
      :files) COMPREPLY+=($(compgen -f -- "$cur")); compopt -o filenames 2>/dev/null ;;
      :folders) COMPREPLY+=($(compgen -d -- "$cur")); compopt -o filenames 2>/dev/null ;;
      :none) ;;
      *) COMPREPLY+=("$word") ;;
    esac
  done < <("\${words[0]}" __complete -- "\${words[@]:1}" 2>/dev/null)
  [[ \${#COMPREPLY[@]} -eq 1 && \${COMPREPLY[0]} == *= ]] && compopt -o nospace 2>/dev/null
  # bash puts a reply in the place of what follows the last word break.
  if [[ $cur == *=* && $COMP_WORDBREAKS == *=* ]]; then
    COMPREPLY=("\${COMPREPLY[@]#"\${cur%=*}="}")
  fi
}
complete -F _bayescnn bayescnn
`,
  zsh: `#compdef bayescnn
# bayescnn: completion for zsh
_bayescnn() {
  local line word paths=none
  local -a plain open
  while IFS= read -r line; do
    word="\${line%%$'\\t'*}"
    case "$word" in
      :*) paths="\${word#:}" ;;
      *=) open+=("$word") ;;
      *) plain+=("\${word//:/\\\\:}:\${line#*$'\\t'}") ;;
    esac
  done < <("\${words[1]}" __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)
  (( \${#plain} )) && _describe bayescnn plain
  (( \${#open} )) && compadd -S '' -- "\${open[@]}"
  [[ $paths == files ]] && _files
  [[ $paths == folders ]] && _files -/
  return 0
}
if [[ "\${funcstack[1]}" == _bayescnn ]]; then
  _bayescnn "$@"
else
  compdef _bayescnn bayescnn
fi
`,
  fish: `# bayescnn: completion for fish
function __bayescnn_complete
  set -l before (commandline -opc)
  set -l current (commandline -ct)
  for line in ($before[1] __complete -- $before[2..-1] $current 2>/dev/null)
    switch $line
      case ':files'
        __fish_complete_path $current
      case ':folders'
        __fish_complete_directories $current
      case ':none'
      case '*'
        echo $line
    end
  end
end
complete -c bayescnn -f -a '(__bayescnn_complete)'
`,
};
