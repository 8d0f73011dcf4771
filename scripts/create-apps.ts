/** `npm run apps:create`: what the sample's Configure.ps1 did. It is `todo-cli app create`; flags go after `--`. */
import { main } from '../cli/main.ts'

await main(['app', 'create', ...process.argv.slice(2)])
