/**
 * Who adds and removes certificates of an app: somebody with rights in the directory, or, without any, the app itself by a
 * proof of possession.
 */
import type { X509Certificate } from 'node:crypto'
import { AppError } from '../../core/errors.ts'
import { thumbprintsOf } from '../../core/thumbprints.ts'
import type { Context } from '../context.ts'
import { createGraphClient, type GraphClient } from '../graph/client.ts'
import { isNoSuchKey } from '../graph/errors.ts'
import { keyIdFor, thumbprintOfCredential } from '../graph/key-credential.ts'
import type { OwnKeys } from '../graph/own-keys.ts'
import { type Added, appendCertificate } from './certificate.ts'
import { openOwnKeys, type Signer } from './signer.ts'

export interface Registrar {
  add(leaf: X509Certificate): Promise<Added>
  /** It is no error where it is gone already, as far as that can be known. */
  remove(leaf: X509Certificate): Promise<void>
}

/** By rights in the directory. */
export function directoryRegistrar(graph: GraphClient, appId: string): Registrar {
  return {
    add: (leaf) => appendCertificate(graph, appId, leaf),
    async remove(leaf) {
      const { id, keyCredentials } = await graph.applicationByAppId(appId)
      const { sha1 } = thumbprintsOf(leaf.raw)
      const rest = keyCredentials.filter((credential) => thumbprintOfCredential(credential) !== sha1)
      if (rest.length < keyCredentials.length) await graph.setKeyCredentials(id, rest)
    },
  }
}

/** By a proof of possession. */
export function ownRegistrar(keys: OwnKeys, warn: (line: string) => void): Registrar {
  return {
    async add(leaf) {
      await keys.add(leaf)
      return { added: true, app: 'the app' }
    },
    async remove(leaf) {
      const keyId = keyIdFor(leaf)
      try {
        await keys.remove(keyId)
      } catch (error) {
        if (!isNoSuchKey(error)) throw error
        warn(`the app has no key ${keyId}: removed already, unless somebody else registered the certificate`)
      }
    },
  }
}

/**
 * Runs with rights in the directory; where those are refused and the app can prove itself, with its own keys.
 *
 * @param proof true: with its own keys at once
 */
export async function withRegistrar<T>(
  context: Context,
  signer: Signer | undefined,
  { proof, appId }: { readonly proof: boolean; readonly appId: string },
  action: (registrar: Registrar) => Promise<T>,
): Promise<T> {
  if (proof && signer === undefined) {
    throw new AppError('usage', 'a proof is signed by a certificate, and --auth names none', {
      hint: 'name the one that is registered now: --auth cert, or --auth keyvault',
    })
  }
  const own = async (by: Signer) =>
    action(ownRegistrar(await openOwnKeys(context, by), (line) => context.out.warn(line)))
  if (proof && signer !== undefined) return own(signer)
  try {
    return await action(directoryRegistrar(await createGraphClient(context), appId))
  } catch (error) {
    const refused = error instanceof AppError && error.code === 'graph-refused'
    if (!refused || signer?.settings.get('appObjectId') === undefined) throw error
    context.out.note(`${error.message}; the app proves itself with its present certificate instead`)
    return own(signer).catch((second: unknown) => {
      throw second instanceof AppError ? neither(error, second) : second
    })
  }
}

/** What it takes in the directory is what to tell: the other way was a second best. */
function neither({ code, message, hint, serviceCode, cause }: AppError, second: AppError): AppError {
  const details = [`nor by a proof: ${second.message}`]
  return new AppError(code, message, { hint, serviceCode, cause, details })
}
