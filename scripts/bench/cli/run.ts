/**
 * `npm run bench:cli`: how long commands take, wall and CPU, as ratios to an empty Node.js program, in turn in one run; and how
 * large the package is.
 *
 * `--runs N` (default 20) rounds; `--json` prints one object as the last line. The CLI for Microsoft 365 is measured beside it,
 * installed by the first run (400 MB; `--alone` leaves it out), and az where it is installed.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: {
    json: { type: 'boolean' },
    runs: { type: 'string', default: '20' },
    alone: { type: 'boolean' },
  },
})
const RUNS = Math.max(1, Number(values.runs) || 20)
const ROOT = join(import.meta.dirname, '..', '..', '..')
const CLI = join(ROOT, 'dist', 'todo-cli.cjs')
const M365 = join(import.meta.dirname, 'node_modules', '@pnp', 'cli-microsoft365', 'dist', 'index.js')

if (!values.alone && !existsSync(M365)) {
  console.error('installing the rival (scripts/bench/cli/package.json) ...')
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}

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
  ...(values.alone ? [] : [{ name: 'm365Help', argv: [process.execPath, M365, '--help'] }]),
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
  const size = packageSize()
  console.log(
    `the package: ${size.packed} MB to fetch, ${size.installed} MB installed, ${size.dependencies} dependencies`,
  )
  if (values.json) console.log(JSON.stringify({ ...nest(json), package: size }))
} finally {
  spawnSync(process.execPath, [CLI, 'local', 'stop'], { env })
  rmSync(folder, { recursive: true, force: true })
}

/** In megabytes, as npm packs it. */
function packageSize() {
  const packed = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const [{ size, unpackedSize }] = JSON.parse(packed) as [{ size: number; unpackedSize: number }]
  const { dependencies = {} } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    dependencies?: object
  }
  const megabytes = (bytes: number) => Number((bytes / 1e6).toFixed(2))
  return {
    packed: megabytes(size),
    installed: megabytes(unpackedSize),
    dependencies: Object.keys(dependencies).length,
  }
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
