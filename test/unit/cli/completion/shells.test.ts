import { describe, expect, it } from 'vitest'
import { SHELLS } from '../../../../cli/completion/shells.ts'
import { expectError, runCli } from '../../../support/cli.ts'

describe('the line that offers a candidate', () => {
  it.each([
    ['bash', { value: 'list', description: 'x' }, '', 'list '],
    ['bash', { value: 'certs/', open: true }, '', 'certs/'],
    ['bash', { value: 'a $(b)' }, '', 'a\\ \\$\\(b\\) '],
    ['bash', { value: '~/a' }, '~/', '~/a '],
    ['bash', { value: 'Zürich' }, '', 'Zürich '],
    ['bash', { value: 'vault:name' }, 'vault:n', 'name '],
    ['bash', { value: '--auth=cert' }, '--auth=', 'cert '],
    ['zsh', { value: 'list', description: 'a: b' }, '', '+list:a: b'],
    ['zsh', { value: 'vault:', open: true }, '', '-vault\\:'],
    ['zsh', { value: 'a b' }, '', '+a\\\\ b'],
    ['fish', { value: 'a b', description: 'x' }, '', 'a b\tx'],
    ['fish', { value: 'a' }, '', 'a'],
    ['powershell', { value: 'a', description: 'x' }, '', 'a\tx'],
    ['powershell', { value: 'certs\\Zürich.pem' }, '', 'certs\\Zürich.pem'],
    ['powershell', { value: "one's $(x).pem" }, '', "'one''s $(x).pem'"],
    ['powershell', { value: 'a,b' }, '', "'a,b'"],
  ])('of %s for %j, with %j typed, is %j', (shell, candidate, typed, line) => {
    expect(SHELLS[shell]?.line(candidate, typed, ':=')).toBe(line)
  })

  it('of bash is the whole word where nothing takes words apart', () => {
    expect(SHELLS.bash?.line({ value: 'vault:name' }, 'vault:n', ' \t\n')).toBe('vault:name ')
  })
})

describe('todo-cli completion', () => {
  it.each(['bash', 'zsh', 'fish', 'powershell'])(
    'prints the script of %s, which evaluates nothing',
    async (shell) => {
      const { stdout, stderr, exitCode } = await runCli(['completion', shell])
      expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 })
      expect(stdout).toContain(`__complete ${shell} `)
      expect(stdout).not.toMatch(/\beval\b|Invoke-Expression/)
    },
  )

  it('says on a terminal how to install it', async () => {
    const { stderr } = await runCli(['completion', 'zsh'], { tty: true })
    expect(stderr).toMatch(/^to install it: add to ~\/\.zshrc/)
  })

  it('is a JSON object with --json', async () => {
    const { stdout } = await runCli(['completion', 'bash', '--json'])
    expect(JSON.parse(stdout)).toEqual({
      shell: 'bash',
      script: expect.stringContaining('complete -o nospace'),
    })
  })

  it.each([['tcsh'], ['__proto__'], ['']])('refuses the shell %j', async (shell) => {
    expectError(await runCli(['completion', shell]), 2, 'there is no completion for')
  })

  it.each([
    [[':todos', ':li'], /^list\tList the todos\n$/],
    [[':todos', ':'], /^list\t.*\nshow\t/],
    [[':todos', ':list', ':--prof'], /^--profile\t/],
    [[':todos', ':list', ':--auth=se'], /^--auth=secret\n$/],
    [['--', ':todos', ':li'], /^list\t/],
  ])('takes from PowerShell %j, with colons in front so that no word is lost', async (words, offered) => {
    const { stdout, exitCode } = await runCli(['__complete', 'powershell', ...words])
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: expect.stringMatching(offered) })
  })
})
