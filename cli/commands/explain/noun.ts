import type { Command } from 'commander'
import { COMMON_EXIT_CODES, declareVerb, type Launch } from '../../command.ts'

export function explain(command: Command, launch: Launch): void {
  declareVerb(
    command,
    {
      summary:
        'Explain an error code, offline: of Entra, Key Vault, Microsoft Graph, MSAL, Node, or this program',
      exitCodes: COMMON_EXIT_CODES,
      examples: [
        'todo-cli explain AADSTS700027',
        'todo-cli explain ForbiddenByRbac',
        'todo-cli explain certificate-expired',
      ],
      load: () => import('./explain.ts').then((m) => m.explainCode),
    },
    launch,
  )
}
