/** `npm run apps:create`: what the sample's Configure.ps1 did. It is `todo-cli app create`; flags go after `--`. */
import { runTodoCli } from './todo-cli.ts'

await runTodoCli('app', 'create')
