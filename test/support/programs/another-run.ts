#!/usr/bin/env node
/** `another-run FILE COMMAND...`: runs a command while the lock in FILE is held, as another run of todo-cli would hold it. */
import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { tryLock } from '../../../cli/process-lock.ts'

const [path = '', program = '', ...args] = process.argv.slice(2)
mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
const lock = await tryLock(path)
process.exitCode = spawnSync(program, args, { stdio: 'inherit' }).status ?? 1
lock?.release()
