/** `todo-api` as a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

const MAIN = new URL('../../api/main.ts', import.meta.url).href

export interface ApiProcess {
  readonly child: ChildProcess
  output(): string
  errors(): string
  /** Resolves to the address of the todos when it serves; rejects when it ends before. */
  url(): Promise<string>
  /** Resolves to the exit code; null after a signal that it does not handle. */
  readonly ended: Promise<number | null>
}

export function startApiProcess(env: Record<string, string>, ...args: string[]): ApiProcess {
  const code = `import(${JSON.stringify(MAIN)}).then(({ main }) => main())`
  const argv = ['--input-type=module', '--eval', code, '--', 'todo-api', ...args]
  const child = spawn(process.execPath, argv, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let [out, err] = ['', '']
  child.stdout.on('data', (chunk) => {
    out += chunk
  })
  child.stderr.on('data', (chunk) => {
    err += chunk
  })
  const ended = once(child, 'close').then(([exit]) => exit as number | null)
  const started = () => /"event":"started","url":"([^"]+)"/.exec(out)?.[1]
  async function url(): Promise<string> {
    for (;;) {
      const found = started()
      if (found !== undefined) return found.replace('localhost', '127.0.0.1')
      const more = await Promise.race([once(child.stdout, 'data').then(() => true), ended.then(() => false)])
      if (!more) throw new Error(`todo-api ended: ${err}`)
    }
  }
  return { child, output: () => out, errors: () => err, url, ended }
}
