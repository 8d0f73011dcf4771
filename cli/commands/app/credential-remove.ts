import { X509Certificate } from 'node:crypto'
import { AppError } from '../../../core/errors.ts'
import { normaliseThumbprint, thumbprintsOf } from '../../../core/thumbprints.ts'
import { GUID } from '../../auth/authority.ts'
import type { Action } from '../../command.ts'
import type { Context } from '../../context.ts'
import { createGraphClient, type GraphClient } from '../../graph/client.ts'
import { keyIdFor } from '../../graph/key-credential.ts'
import { type AppCredential, credentialsOf, works } from '../../registration/credentials.ts'
import { openOwnKeys, type Signer, signerOf } from '../../registration/signer.ts'

/** `todo-cli app credential remove KEY_ID`: one credential, by its key id or its thumbprint; the others stay. */
export const remove: Action = async (context, [given = ''], flags) => {
  const { out } = context
  const force = flags.force === true
  const clientId = (await context.settings()).need('clientId')
  const signer = await signerOf(context)
  const removed =
    flags.proof === true
      ? await byProof(context, signer, given, force)
      : await byRights(await createGraphClient(context), { clientId, given, force })
  if (out.json) out.value(removed)
  out.note(`removed: ${removed.keyId}`)
  return undefined
}

interface Removal {
  readonly clientId: string
  readonly given: string
  readonly force: boolean
}

async function byRights(graph: GraphClient, { clientId, given, force }: Removal): Promise<{ keyId: string }> {
  const app = await graph.applicationByAppId(clientId)
  const credentials = credentialsOf(app)
  const wanted = normaliseThumbprint(given)
  const found = credentials.find(
    ({ keyId, thumbprint }) =>
      keyId.toLowerCase() === given.toLowerCase() || (wanted !== undefined && thumbprint === wanted),
  )
  if (found === undefined) throw noSuch(given)
  assertNotLast(found, credentials, force)
  const { keyId, kind } = found
  if (kind === 'secret') await graph.removePassword(app.id, keyId)
  else
    await graph.setKeyCredentials(
      app.id,
      app.keyCredentials.filter((each) => each.keyId !== keyId),
    )
  return { keyId }
}

/** Without rights the app can not see its credentials; it knows the one with which it signs. */
async function byProof(
  context: Context,
  signer: Signer | undefined,
  given: string,
  force: boolean,
): Promise<{ keyId: string }> {
  if (signer === undefined) {
    throw new AppError('usage', 'a proof is signed by a certificate, and --auth names none', {
      hint: 'name the one that is registered now: --auth cert, or --auth keyvault',
    })
  }
  if (!GUID.test(given)) throw noSuch(given)
  const { deps } = await context.source()
  const leaf = new X509Certificate((await signer.source.open(signer.settings, deps)).chainPem[0])
  if (!force && given.toLowerCase() === keyIdFor(leaf)) throw last(thumbprintsOf(leaf.raw).sha1)
  await (await openOwnKeys(context, signer)).remove(given.toLowerCase())
  return { keyId: given.toLowerCase() }
}

function assertNotLast(wanted: AppCredential, all: readonly AppCredential[], force: boolean): void {
  const others = all.filter((each) => each !== wanted && works(each))
  if (!force && works(wanted) && others.length === 0) throw last(wanted.thumbprint ?? wanted.displayName)
}

function last(name: string): AppError {
  return new AppError('credential-last', `${name} is the last credential of the app that works`, {
    hint: 'register another first: todo-cli app credential add CERT; or add --force',
  })
}

function noSuch(given: string): AppError {
  return new AppError('credential-missing', `the app has no credential "${given.slice(0, 80)}"`, {
    hint: 'see their key ids: todo-cli app credential list',
  })
}
