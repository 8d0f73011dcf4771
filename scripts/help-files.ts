/** The help of every command as a pipe gets it, for the boot file to print without loading anything: see cli/boot.ts. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Command } from 'commander'
import { DECLARE } from '../cli/command.ts'
import { createProgram } from '../cli/program.ts'

/** Writes `cert.create.txt` and the like; the program's own is `todo-cli.txt`. */
export async function writeHelpFiles(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  await writeBelow(
    createProgram('', async () => {}, { writeOut: () => {} }),
    [],
    folder,
  )
}

async function writeBelow(command: Command, words: readonly string[], folder: string): Promise<void> {
  await DECLARE.get(command)?.()
  let text = ''
  command.configureOutput({
    writeOut: (part) => {
      text += part
    },
  })
  command.outputHelp()
  await writeFile(join(folder, `${words.join('.') || 'todo-cli'}.txt`), text)
  for (const sub of command.commands) await writeBelow(sub, [...words, sub.name()], folder)
}
