import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The fenced blocks of a page in `docs`, in their order. */
export function blocksIn(page: string, language: string): string[] {
  const text = readFileSync(join(import.meta.dirname, '../../docs', page), 'utf8')
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(
    ([, body = '']) => body,
  )
}
