/**
 * The contract suite for the author of a plugin: `import { pluginContract } from 'todo-cli/source-contract'`, in a test file
 * that vitest runs. The source is held to the contract as the program holds it, its errors included.
 *
 *     pluginContract('my source', () => ({
 *       source,
 *       good: () => ({ flags: {}, env: { MY_SETTING: '…' } }),
 *       another: () => ({ flags: {}, env: { MY_SETTING: '…' } }),
 *       secrets: () => [],
 *     }))
 */
import { adoptSource } from '../../cli/auth/sources/plugin-source.ts'
import { type SourceUnderTest, sourceContract } from './source.ts'

/** As {@link SourceUnderTest}; `source` is what the package exports by default. */
export interface PluginUnderTest extends Omit<SourceUnderTest, 'source'> {
  readonly source: unknown
}

export function pluginContract(name: string, under: () => PluginUnderTest): void {
  sourceContract(name, () => {
    const { source, ...rest } = under()
    return { ...rest, source: adoptSource(source, name) }
  })
}
