#!/usr/bin/env node
/** `tenant-setting NAME NUMBER`: tells the local tenant of TODO_CLI_HOME how slow it should be. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import got from 'got'

const [name = '', value = ''] = process.argv.slice(2)
const running = readFileSync(join(process.env.TODO_CLI_HOME ?? '', 'local/running.json'), 'utf8')
const { adminUrl, adminTokenFile, caFile } = JSON.parse(running) as Record<string, string>
await got.patch(`${adminUrl}/settings`, {
  json: { [name]: Number(value) },
  headers: { authorization: `Bearer ${readFileSync(adminTokenFile ?? '', 'utf8').trim()}` },
  https: { certificateAuthority: readFileSync(caFile ?? '', 'utf8') },
})
