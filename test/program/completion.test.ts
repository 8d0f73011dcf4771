/** The completion scripts in the shells themselves, with a Tab pressed on a terminal. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { BIN } from '../support/cli.ts'
import { hasTerminal, onTerminal, says, startTerminal, type Terminal } from '../support/terminal.ts'

const folder = mkdtempSync(join(tmpdir(), 'todo-cli-completion-'))
const env = {
  PATH: `${join(folder, 'bin')}:/usr/bin:/bin`,
  HOME: folder,
  TODO_CLI_HOME: join(folder, 'home'),
  LC_ALL: 'C.UTF-8',
}
const options = { cwd: folder, env: { ...env, TERM: 'dumb' }, columns: 200 }

beforeAll(() => {
  for (const name of ['bin', 'certs', 'home']) mkdirSync(join(folder, name), { mode: 0o700 })
  symlinkSync(BIN, join(folder, 'bin/todo-cli'))
  symlinkSync(process.execPath, join(folder, 'bin/node'))
  writeFileSync(join(folder, 'certs/one two.pem'), '')
  writeFileSync(join(folder, 'home/profiles.json'), '{"profiles":{"work":{}}}')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** What a person typed before the Tab, and what the line then is. */
const LINES = [
  ['todo-cli tod', 'todo-cli todos '],
  ['todo-cli todos list --prof', 'todo-cli todos list --profile '],
  ['todo-cli todos list --profile w', 'todo-cli todos list --profile work '],
  ['todo-cli todos list --auth=ke', 'todo-cli todos list --auth=keyvault '],
  ['todo-cli cert show ce', 'todo-cli cert show certs/'],
  ['todo-cli cert show certs/o', 'todo-cli cert show certs/one\\ two.pem '],
] as const

/** Ctrl-T writes the line as it stands, for a terminal draws only what changes. */
const BASH = `show() { printf "<%s>\\n" "$READLINE_LINE"; }; bind -x '"\\C-t": show'; eval "$(todo-cli completion bash)"`
const ZSH = `unsetopt PROMPT_SP; show() { print -r -- "<$BUFFER>" }; zle -N show; bindkey '^T' show; autoload -U compinit; compinit -u -D; eval "$(todo-cli completion zsh)"`

const started: Terminal[] = []
// Ended as a person ends them, and waited for: a shell that loses its terminal writes its history on the way out.
afterEach(async () => {
  for (const shell of started.splice(0)) {
    shell.type('\u0015exit\r')
    await shell.ended
  }
})

/** Starts a shell, and presses Tab behind each line. */
async function linesAfterTab(command: string, setUp: string, typed: readonly string[]): Promise<string[]> {
  const shell = startTerminal(command, options)
  started.push(shell)
  shell.type(`${setUp}; echo re""ady\r`)
  // Up to the prompt: before it the terminal driver edits lines itself, and its Ctrl-U would empty what is typed.
  await shell.until(/ready\r\n[\s\S]*[$#%] /)
  const lines: string[] = []
  for (const line of typed) {
    // Ctrl-U empties the line again.
    shell.type(`${line}\t\u0014\u0015`)
    const shown = await shell.until(/<todo-cli [^\r]*>/)
    lines.push(/<(todo-cli [^\r]*)>/.exec(shown)?.[1] ?? '')
  }
  return lines
}

const TYPED = LINES.map(([typed]) => typed)
const COMPLETED = LINES.map(([, completed]) => completed)

describe.runIf(hasTerminal && says(['bash', '--version']))('bash', () => {
  it('completes commands, options, profiles, words and files at a Tab', async () => {
    expect(await linesAfterTab('exec bash --norc --noprofile -i', BASH, TYPED)).toEqual(COMPLETED)
  })

  it('runs nothing of the line that is being typed', async () => {
    const line = 'todo-cli todos add "$(touch pwned)" --prof'
    expect(await linesAfterTab('exec bash --norc --noprofile -i', BASH, [line])).toEqual([`${line}ile `])
    expect(existsSync(join(folder, 'pwned'))).toBe(false)
  })
})

describe.runIf(hasTerminal && says(['zsh', '--version']))('zsh', () => {
  it('completes commands, options, profiles, words and files at a Tab', async () => {
    expect(await linesAfterTab('exec zsh -f -i', ZSH, TYPED)).toEqual(COMPLETED)
  })
})

/** `TabExpansion2` is what PowerShell itself runs at a Tab. */
describe.runIf(says(['pwsh', '-Version']))('PowerShell', () => {
  it.each([
    ['todo-cli tod', 'todos'],
    ['todo-cli todos list --profile ', 'work'],
    ['todo-cli todos list --auth=ke', '--auth=keyvault'],
    ['todo-cli cert show certs/o', "'certs/one two.pem'"],
    ["todo-cli cert show 'certs/o", "'certs/one two.pem'"],
  ])('offers behind %j: %j', (typed, offered) => {
    const script = `todo-cli completion powershell | Out-String | Invoke-Expression; (TabExpansion2 -inputScript ${JSON.stringify(typed)} -cursorColumn ${typed.length}).CompletionMatches.CompletionText`
    const lines = execFileSync('pwsh', ['-NoProfile', '-Command', script], {
      cwd: folder,
      env,
      encoding: 'utf8',
    })
    expect(lines.split(/\r?\n/)).toContain(offered)
  })
})

describe.runIf(hasTerminal && says(['fish', '--version']))('fish', () => {
  it.each([
    ['todo-cli tod', 'todos\tList and change todos'],
    ['todo-cli todos list --profile ', 'work'],
    ['todo-cli todos list --auth=ke', '--auth=keyvault'],
    ['todo-cli cert show ', 'certs/'],
  ])('offers behind %j: %j', async (typed, line) => {
    const script = `todo-cli completion fish | source; complete -C "${typed}"`
    const { output } = await onTerminal(`fish --no-config -c '${script}'`, options)
    expect(output.split('\n')).toContain(line)
  })
})
