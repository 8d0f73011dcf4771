/**
 * `npm run bench:cli`: how long commands take, wall and CPU, as ratios to an empty Node.js program, in turn in one run.
 *
 * `--runs N` (default 20) rounds; `--json` prints one object as the last line. Other programs are measured beside it where
 * they are installed.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: { json: { type: 'boolean' }, runs: { type: 'string', default: '20' } },
})
const RUNS = Math.max(1, Number(values.runs))
const CLI = join(import.meta.dirname, '..', '..', 'dist', 'todo-cli.cjs')

interface Measured {
  readonly wall: number[]
  readonly cpu: number[]
}

interface Subject {
  readonly name: string
  readonly argv: readonly string[]
}

const folder = mkdtempSync(join(tmpdir(), 'todo-cli-bench-'))
const env = { PATH: process.env.PATH, HOME: folder, TODO_CLI_HOME: join(folder, 'home') }

const todoCli = (...argv: string[]) => [process.execPath, CLI, ...argv]

const SUBJECTS: readonly Subject[] = [
  { name: 'node', argv: [process.execPath, '-e', '0'] },
  { name: 'help', argv: todoCli('--help') },
  { name: 'thumbprint', argv: todoCli('cert', 'thumbprint', join(folder, 'certs', 'bench.pem')) },
  { name: 'listWarm', argv: todoCli('todos', 'list') },
  { name: 'listCold.secret', argv: todoCli('todos', 'list', '--no-cache', '--auth', 'secret') },
  { name: 'listCold.cert', argv: todoCli('todos', 'list', '--no-cache', '--auth', 'cert') },
  { name: 'listCold.keyvault', argv: todoCli('todos', 'list', '--no-cache', '--auth', 'keyvault') },
  ...installed('az', ['--version'], 'azVersion'),
  ...installed('az', ['--help'], 'azHelp'),
  ...installed('m365', ['--help'], 'm365Help'),
]

function installed(program: string, argv: readonly string[], name: string): Subject[] {
  return spawnSync('which', [program]).status === 0 ? [{ name, argv: [program, ...argv] }] : []
}

function must(argv: readonly string[]): void {
  const { status, stderr } = spawnSync(argv[0] as string, argv.slice(1), {
    env,
    cwd: folder,
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`${argv.slice(2).join(' ')}: ${stderr}`)
}

/** One run, in seconds. The shell's `time` counts the CPU of the command and all that it waited for. */
function measure({ name, argv }: Subject): { wall: number; cpu: number } {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's
  const script = 'TIMEFORMAT="%3R %3U %3S"; { time "$@" >/dev/null 2>/dev/null; } 2>&1; exit ${PIPESTATUS[0]}'
  const { status, stdout } = spawnSync('bash', ['-c', script, 'bash', ...argv], {
    env,
    cwd: folder,
    encoding: 'utf8',
  })
  const [wall, user, system] = stdout.trim().split(' ').map(Number)
  if (status !== 0 || wall === undefined || user === undefined || system === undefined)
    throw new Error(`${name} failed`)
  return { wall, cpu: user + system }
}

const median = (numbers: readonly number[]) =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0
const ratio = (a: number, b: number) => Number((a / b).toFixed(2))

try {
  must(todoCli('local', 'start'))
  must(todoCli('cert', 'create', 'bench'))
  must(todoCli('todos', 'list'))
  const results = new Map<string, Measured>(SUBJECTS.map(({ name }) => [name, { wall: [], cpu: [] }]))
  for (const subject of SUBJECTS) measure(subject)
  for (let round = 0; round < RUNS; round += 1) {
    for (const subject of SUBJECTS) {
      const { wall, cpu } = measure(subject)
      results.get(subject.name)?.wall.push(wall)
      results.get(subject.name)?.cpu.push(cpu)
    }
  }
  const base = results.get('node') as Measured
  const json: Record<string, Record<string, number>> = {}
  console.log(
    `${RUNS} rounds in turn; medians; ratios to an empty Node.js program (${Math.round(median(base.wall) * 1000)} ms)`,
  )
  for (const [name, { wall, cpu }] of results) {
    const vsNode = ratio(median(wall), median(base.wall))
    const cpuVsNode = ratio(median(cpu), median(base.cpu))
    console.log(
      `${name.padEnd(20)} wall ${vsNode.toFixed(2).padStart(6)}   CPU ${cpuVsNode.toFixed(2).padStart(6)}`,
    )
    if (name !== 'node') json[name] = { vsNode, cpuVsNode }
  }
  if (values.json) console.log(JSON.stringify(nest(json)))
} finally {
  spawnSync(process.execPath, [CLI, 'local', 'stop'], { env })
  rmSync(folder, { recursive: true, force: true })
}

/** `listCold.secret` becomes `{listCold: {secret: …}}`. */
function nest(flat: Readonly<Record<string, object>>): Record<string, object> {
  const nested: Record<string, Record<string, unknown>> = {}
  for (const [name, value] of Object.entries(flat)) {
    const [first = name, second] = name.split('.')
    if (second === undefined) nested[first] = { ...nested[first], ...value }
    else nested[first] = { ...nested[first], [second]: value }
  }
  return nested
}
