/** `npm run apps:remove`: what the sample's Cleanup.ps1 did. It is `todo-cli app remove`; flags go after `--`. */
import { main } from '../cli/main.ts'

await main(['app', 'remove', ...process.argv.slice(2)])
