/** Writes docs/errors.md out of the one table of errors. With `--check` it only compares, and exits 1 where they differ. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ERRORS } from '../core/errors.ts'

const PATH = join(import.meta.dirname, '..', 'docs', 'errors.md')

export function errorsDoc(): string {
  const rows = Object.entries(ERRORS).map(
    ([code, { exitCode, means }]) => `| \`${code}\` | ${exitCode} | ${means} |`,
  )
  return `# Errors

Made from \`core/errors.ts\` by \`node scripts/errors-doc.ts\`. With \`--json\` an error is one object on stderr:
\`{"error":{"code","message","hint","serviceCode","exitCode"}}\`. Codes and exit codes are promises; messages are not.

Exit codes: 0 done, 1 failed, 2 usage or configuration, 4 not signed in or refused, 6 a service can't be reached, 130 interrupted.

| Code | Exit code | Meaning |
|---|---|---|
${rows.join('\n')}
`
}

if (import.meta.main) {
  const check = process.argv.includes('--check')
  if (!check) await writeFile(PATH, errorsDoc())
  else if ((await readFile(PATH, 'utf8')) !== errorsDoc()) {
    console.error('docs/errors.md is not up to date: node scripts/errors-doc.ts')
    process.exitCode = 1
  }
}
