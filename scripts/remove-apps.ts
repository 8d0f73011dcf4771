/** `npm run apps:remove`: what the sample's Cleanup.ps1 did. It is `todo-cli app remove`; flags go after `--`. */
import { runTodoCli } from './todo-cli.ts'

await runTodoCli('app', 'remove')
