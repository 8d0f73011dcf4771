#!/usr/bin/env node
/** Stands for a person with a browser: `todo-cli login 2>&1 | enter-code` passes on what login says, and enters its code. */
import { createInterface } from 'node:readline'
import { visit } from '../device-page.ts'

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${line}\n`)
  const [, page, code] = /the page (\S+) and enter the code (\w+)/.exec(line) ?? []
  if (page !== undefined && code !== undefined) await visit(page, code)
}
