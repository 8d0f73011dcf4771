/**
 * `npm run bench:cert`: what a certificate costs.
 *
 * `build`: the certificate alone, in this process, beyond the key. `create`: the whole command `cert create` against
 * `openssl req -x509`, in turn in one run, as the ratio of medians. `read`: the loader, by form.
 *
 * `--runs N` (default 100) rounds; `--json` prints one object as the last line. Exits 1 where a limit is passed.
 */
import { spawnSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { loadCertificate } from '../../core/certificate-file.ts'
import { certificateOutput } from '../../core/certificate-output.ts'
import { buildCertificate } from '../../core/forge/x509.ts'
import { createSelfSigned } from '../../core/self-signed.ts'

const LIMITS = { 'build.ms': 2, 'create.vsOpenssl': 1 } as const

const { values } = parseArgs({
  options: { json: { type: 'boolean' }, runs: { type: 'string', default: '100' } },
})
const RUNS = Math.max(1, Number(values.runs) || 100)
const OPENSSL = 'openssl'
const CLI = join(import.meta.dirname, '..', '..', 'dist', 'todo-cli.cjs')

const folder = mkdtempSync(join(tmpdir(), 'todo-cli-bench-'))
const env = { PATH: process.env.PATH, HOME: folder, TODO_CLI_HOME: join(folder, 'home') }

const median = (numbers: readonly number[]) =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN
const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0)
const rounded = (number: number) => Number(number.toFixed(3))

/** Milliseconds of each of `RUNS` calls, after a few that do not count. */
async function timed(action: () => unknown): Promise<number[]> {
  for (let warm = 0; warm < 50; warm += 1) await action()
  const times: number[] = []
  for (let run = 0; run < RUNS; run += 1) {
    const start = performance.now()
    await action()
    times.push(performance.now() - start)
  }
  return times
}

/** Milliseconds of one command. */
function command(program: string, ...args: string[]): number {
  const start = performance.now()
  const { status, stderr } = spawnSync(program, args, { env, cwd: folder, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`)
  return performance.now() - start
}

function buildOnce(): () => string {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const notBefore = new Date()
  return () =>
    buildCertificate({
      subject: [{ type: 'CN', value: 'bench' }],
      publicKey,
      signer: { privateKey },
      notBefore,
      notAfter: new Date(notBefore.getTime() + 365 * 86_400_000),
      keyUsage: ['digitalSignature'],
      extendedKeyUsage: ['clientAuth'],
    })
}

/** `cert create` and `openssl` in turn; nothing where there is no openssl. */
function createAgainstOpenssl() {
  if (spawnSync(OPENSSL, ['version']).status !== 0) return undefined
  const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=bench', '-days', '365']
  const openssl = () => command(OPENSSL, ...request, '-keyout', 'key.pem', '-out', 'cert.pem')
  const create = () => command(process.execPath, CLI, 'cert', 'create', 'bench', '--force', '--quiet')
  const [ours, theirs]: [number[], number[]] = [[], []]
  create() // fills the compile cache, as the first command of a user does
  for (let run = 0; run < RUNS; run += 1) {
    ours.push(create())
    theirs.push(openssl())
  }
  return {
    ms: rounded(median(ours)),
    opensslMs: rounded(median(theirs)),
    vsOpenssl: rounded(median(ours) / median(theirs)),
    totalVsOpenssl: rounded(sum(ours) / sum(theirs)),
  }
}

/** Milliseconds in which the loader reads each form. */
async function readTimes() {
  const { certificate, key } = await createSelfSigned({
    subject: [{ type: 'CN', value: 'bench' }],
    days: 1,
    keySize: 2048,
  })
  const forms = {
    pem: ['x.pem', undefined],
    encryptedPem: ['x.pem', 'pass'],
    pfx: ['x.pfx', 'pass'],
  } as const
  const times: Record<string, number> = {}
  for (const [name, [path, passphrase]] of Object.entries(forms)) {
    const { data } = await certificateOutput({ path, chain: [certificate], key, passphrase })
    times[name] = rounded(
      median(await timed(() => loadCertificate(Buffer.from(data), { origin: path, passphrase }))),
    )
  }
  return times
}

try {
  const build = { ms: rounded(median(await timed(buildOnce()))) }
  const create = createAgainstOpenssl()
  const read = await readTimes()
  const passed = {
    'build.ms': build.ms <= LIMITS['build.ms'],
    'create.vsOpenssl': create === undefined || create.vsOpenssl <= LIMITS['create.vsOpenssl'],
  }
  console.log(`a certificate beyond its key: ${build.ms} ms (limit ${LIMITS['build.ms']})`)
  console.log(
    create === undefined
      ? 'no openssl here to compare cert create with'
      : `cert create: ${create.ms} ms, openssl ${create.opensslMs} ms, ratio ${create.vsOpenssl} (limit ${LIMITS['create.vsOpenssl']}; of the totals ${create.totalVsOpenssl})`,
  )
  console.log(
    `read: ${Object.entries(read)
      .map(([form, ms]) => `${form} ${ms} ms`)
      .join(', ')}`,
  )
  if (values.json) console.log(JSON.stringify({ runs: RUNS, build, create, read, passed }))
  if (!Object.values(passed).every(Boolean)) process.exitCode = 1
} finally {
  rmSync(folder, { recursive: true })
}
