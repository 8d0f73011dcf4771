/** Two API processes over one store, and what they must not do to each other. */
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { call } from './api.ts'
import { startApiProcess } from './api-process.ts'
import { startIssuer } from './issuer.ts'

/** Starts two processes at the same moment over a store that does not exist yet, and calls with their addresses. */
export async function withTwoProcesses(
  databaseUrl: string,
  use: (urls: readonly [string, string], token: string) => Promise<void>,
): Promise<void> {
  const issuer = await startIssuer()
  const folder = await mkdtemp(join(tmpdir(), 'todo-two-'))
  await writeFile(join(folder, 'ca.crt'), issuer.caPem)
  const env = {
    TODO_API_TENANT_ID: issuer.tenantId,
    TODO_API_CLIENT_ID: issuer.clientId,
    TODO_API_AUTHORITY: issuer.authority,
    TODO_API_CA_FILE: join(folder, 'ca.crt'),
    TODO_API_PORT: '0',
    DATABASE_URL: databaseUrl,
  }
  const processes = [startApiProcess(env), startApiProcess(env)]
  try {
    const [first, second] = await Promise.all(processes.map((api) => api.url()))
    await use([first as string, second as string], await issuer.token())
  } finally {
    for (const api of processes) api.child.kill('SIGTERM')
    expect(await Promise.all(processes.map((api) => api.ended))).toEqual([0, 0])
    await issuer.close()
    await rm(folder, { recursive: true })
  }
}

/** Each of four counts up 10 times: reads, adds one, writes if nobody wrote meanwhile, and tries again otherwise. */
export async function expectNoLostUpdate(urls: readonly [string, string], token: string): Promise<void> {
  const [first, second] = urls
  const made = await call(first, 'POST', { token, body: { description: '0' } })
  const countUp = async (url: string) => {
    const one = `${url}/${made.json.id}`
    for (let done = 0; done < 10; ) {
      const { json, headers } = await call(one, 'GET', { token })
      const body = { description: String(Number(json.description) + 1) }
      const match = { 'if-match': headers.get('etag') ?? '' }
      const { status } = await call(one, 'PATCH', { token, body, headers: match })
      if (status === 200) done += 1
      else expect(status).toBe(412)
    }
  }
  await Promise.all([first, second, first, second].map(countUp))
  const after = await call(`${second}/${made.json.id}`, 'GET', { token })
  expect([after.json.description, after.headers.get('etag')]).toEqual(['40', '"41"'])
}

/** A key that is used at both at the same time makes one todo, again and again. */
export async function expectOneTodoForEachKey(urls: readonly [string, string], token: string): Promise<void> {
  const before = (await call(urls[0], 'GET', { token })).json.length
  for (let round = 0; round < 3; round += 1) {
    const headers = { 'idempotency-key': randomUUID() }
    const answers = await Promise.all(
      [...urls, ...urls].map((url) => call(url, 'POST', { token, body: { description: 'once' }, headers })),
    )
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201])
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1)
  }
  expect((await call(urls[1], 'GET', { token })).json.length).toBe(before + 3)
}
