/** A client secret straight into a 0600 file. Graph shows it once, so a file notes what is asked for before it is. */
import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { AppError, systemCode } from '../../core/errors.ts'
import { ensureKeyDir, removeFile, replaceFile } from '../../core/private-file.ts'
import { readTextFile } from '../files.ts'
import type { GraphClient } from '../graph/client.ts'
import { isUncertain } from '../graph/errors.ts'
import type { Application, PasswordCredential } from '../graph/objects.ts'
import type { Reconciler } from './reconcile.ts'

/** Six months, as in the sample. */
const LIFE_DAYS = 180

/** Makes a secret where the file has none that the app knows and that has not ended. */
export async function ensureSecret(
  graph: GraphClient,
  reconciler: Reconciler,
  listed: Application,
  file: string,
): Promise<void> {
  // As it is now, by its key: a list may not know yet what an interrupted run made.
  const app = (await graph.findApplication(listed.appId)) ?? listed
  const { displayName } = app
  const known = fileSecret(await ifThere(file, 'the client secret'), app)
  const pending = `${file}.pending`
  const name = await ifThere(pending, 'the name of a secret')
  const orphan = app.passwordCredentials.find((each) => each.displayName === name && each !== known)
  if (orphan !== undefined) {
    await reconciler.make(displayName, 'remove the secret that an interrupted run left', () =>
      graph.removePassword(app.id, orphan.keyId),
    )
  }
  if (known !== undefined) {
    if (name !== undefined)
      await reconciler.make(displayName, 'forget an interrupted run', () => removeFile(pending))
    return
  }
  await reconciler.make(displayName, `make a secret, into ${file}`, async () => {
    await ensureKeyDir(dirname(file))
    const secretText = await addOnce(graph, app, pending)
    await replaceFile({ path: file, data: `${secretText}\n` })
    await removeFile(pending)
  })
}

/** Where the answer got lost, what was made is taken back before the next try: a secret that nobody has helps nobody. */
async function addOnce(graph: GraphClient, app: Application, pending: string): Promise<string> {
  for (let left = 1; ; left -= 1) {
    const displayName = `todo-cli ${randomUUID().slice(0, 8)}`
    await replaceFile({ path: pending, data: `${displayName}\n` })
    const endDateTime = new Date(Date.now() + LIFE_DAYS * 86_400_000).toISOString()
    try {
      const { secretText } = await graph.addPassword(app.id, { displayName, endDateTime })
      if (secretText) return secretText
      throw new AppError('graph-failed', 'Microsoft Graph made a secret and does not show it', {
        hint: 'run the same command again, which takes it back',
      })
    } catch (error) {
      if (left === 0 || !isUncertain(error)) throw error
      const { passwordCredentials } = await graph.applicationByAppId(app.appId)
      const lost = passwordCredentials.find((each) => each.displayName === displayName)
      if (lost !== undefined) await graph.removePassword(app.id, lost.keyId)
    }
  }
}

/** The credential that the file's secret is, by the three characters that Graph tells. */
function fileSecret(
  secret: string | undefined,
  { passwordCredentials }: Application,
): PasswordCredential | undefined {
  if (secret === undefined || secret === '') return undefined
  return passwordCredentials.find(
    ({ hint, endDateTime }) => hint === secret.slice(0, 3) && Date.parse(endDateTime ?? '') > Date.now(),
  )
}

async function ifThere(path: string, what: string): Promise<string | undefined> {
  try {
    await readFile(path)
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
  }
  return readTextFile(path, what)
}
