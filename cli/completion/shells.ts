/**
 * The completion scripts. Each asks `todo-cli __complete` with the words typed so far, never through `eval`: what stands on
 * a command line that nobody has run yet must not run because of a Tab. See docs/decisions/0009-completion-is-ours.md.
 */
import type { Candidate } from './candidate.ts'

export interface Shell {
  /** For the shell to read at its start. */
  readonly script: string
  /** How it is installed, in one line. */
  readonly install: string
  /** The line that offers a candidate. `breaks` are the characters at which bash takes a word apart. */
  line(candidate: Candidate, typed: string, breaks: string): string
}

/** Bash replaces only what follows the last `:` or `=` of a word, so that is what it is given. */
const bash: Shell = {
  install: 'add to ~/.bashrc: eval "$(todo-cli completion bash)"',
  script: `# bash completion for todo-cli
_todo_cli() {
  local line=\${COMP_LINE:0:COMP_POINT} words reply
  # Without -r, so that a backslash keeps a blank in its word.
  read -a words <<< "$line"
  [[ $line == *[[:space:]] && $line != *\\\\[[:space:]] ]] && words+=('')
  COMPREPLY=()
  while IFS= read -r reply; do
    COMPREPLY+=("$reply")
  done < <(command todo-cli __complete bash --breaks "$COMP_WORDBREAKS" -- "\${words[@]:1}" 2>/dev/null)
}
complete -o nospace -F _todo_cli todo-cli
`,
  line({ value, open }, typed, breaks) {
    const cut = Math.max(
      -1,
      ...[':', '='].map((each) => (breaks.includes(each) ? typed.lastIndexOf(each) : -1)),
    )
    return `${quoted(value.slice(cut + 1))}${open ? '' : ' '}`
  },
}

const zsh: Shell = {
  install: 'add to ~/.zshrc, after compinit: eval "$(todo-cli completion zsh)"',
  script: `#compdef todo-cli
# zsh completion for todo-cli
_todo_cli() {
  local line
  local -a done_ open_
  for line in "\${(@f)$(command todo-cli __complete zsh -- "\${(@Q)words[2,CURRENT]}" 2>/dev/null)}"; do
    case $line in
      +*) done_+=("\${line#+}") ;;
      -*) open_+=("\${line#-}") ;;
    esac
  done
  (( $#done_ )) && _describe -t values 'todo-cli' done_ -Q
  (( $#open_ )) && _describe -t values 'todo-cli' open_ -Q -S ''
}
if [ "$funcstack[1]" = _todo_cli ]; then _todo_cli "$@"; else compdef _todo_cli todo-cli; fi
`,
  line({ value, description = '', open }) {
    const escaped = quoted(value).replace(/[\\:]/g, '\\$&')
    return `${open ? '-' : '+'}${escaped}${description ? `:${description}` : ''}`
  },
}

const fish: Shell = {
  install: 'todo-cli completion fish > ~/.config/fish/completions/todo-cli.fish',
  script: `# fish completion for todo-cli
function __todo_cli_complete
    set -l words (commandline -opc)
    set -e words[1]
    command todo-cli __complete fish -- $words (commandline -ct) 2>/dev/null
end
complete -c todo-cli -f -a '(__todo_cli_complete)'
`,
  line: ({ value, description }) => (description ? `${value}\t${description}` : value),
}

/**
 * Every word comes with a colon in front: Windows PowerShell drops empty arguments, and the script that npm makes for a program
 * is a PowerShell script itself, which loses a `--`.
 */
const powershell: Shell = {
  install: 'add to $PROFILE: todo-cli completion powershell | Out-String | Invoke-Expression',
  script: `# PowerShell completion for todo-cli
Register-ArgumentCompleter -Native -CommandName todo-cli -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $words = @($commandAst.CommandElements | Select-Object -Skip 1 |
    Where-Object { $_.Extent.EndOffset -lt $cursorPosition } |
    ForEach-Object { if ($_ -is [System.Management.Automation.Language.StringConstantExpressionAst]) { $_.Value } else { $_.Extent.Text } })
  $words += $wordToComplete -replace '^["'']', ''
  $words = @($words | ForEach-Object { ":$_" })
  & todo-cli __complete powershell @words 2>$null | ForEach-Object {
    $value, $description = $_ -split '\\t', 2
    if (-not $description) { $description = $value }
    [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $description)
  }
}
`,
  line({ value, description }) {
    const safe = /^[\p{L}\p{N}_+=:./\\~%-]+$/u.test(value) ? value : `'${value.replaceAll("'", "''")}'`
    return description ? `${safe}\t${description}` : safe
  },
}

export const SHELLS: Readonly<Record<string, Shell>> = { bash, zsh, fish, powershell }

/** A word as bash and zsh take it; a tilde at its start keeps its meaning. */
function quoted(word: string): string {
  return word.replace(/[^\w@%+=:,./~-]/gu, (character) =>
    /[\u0080-\u{10ffff}]/u.test(character) ? character : `\\${character}`,
  )
}
