/** What the bin `todo-api` starts with: refuses an old Node.js in one line, then loads the program. Built to CommonJS. */
import { nodeTooOld } from '../core/node-version.ts'

const refusal = nodeTooOld('todo-api', process.versions.node)
if (refusal) {
  process.stderr.write(`error: ${refusal}\n`)
  process.exitCode = 2
} else {
  void (require('./api.cjs') as { main(): Promise<void> }).main()
}
