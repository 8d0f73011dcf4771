/** addKey, removeKey. */
import { type Answer, json } from '../http/exchange.ts'
import { assertLifetime } from './app-policy.ts'
import { findApplication, findManaged } from './applications.ts'
import { type GraphContext, readJson } from './context.ts'
import { noSuchCredential } from './errors.ts'
import { readKeyCredential } from './key-credentials.ts'
import { assertProof } from './proof.ts'

/** Adds one key to those that are there; an existing key proves that the caller has the right to. */
export async function addKey(context: GraphContext): Promise<Answer> {
  const application = findRolled(context)
  const { keyCredential, proof } = await readJson(context.request)
  await assertProof(proof, application, context.deps.clock)
  const added = readKeyCredential(keyCredential, [])
  assertLifetime(context.deps, 'keyCredentials', [added])
  const keyCredentials = [...application.keyCredentials, added]
  context.directory.applications.put({ ...application, keyCredentials })
  return json(200, {
    '@odata.context': `${context.base}/$metadata#microsoft.graph.keyCredential`,
    ...added,
    key: null,
  })
}

export async function removeKey(context: GraphContext): Promise<Answer> {
  const application = findRolled(context)
  const { keyId, proof } = await readJson(context.request)
  await assertProof(proof, application, context.deps.clock)
  const rest = application.keyCredentials.filter((credential) => credential.keyId !== keyId)
  if (rest.length === application.keyCredentials.length) throw noSuchCredential()
  context.directory.applications.put({ ...application, keyCredentials: rest })
  return { status: 204 }
}

/** An app may roll its own keys without any permission: the proof is what counts. */
function findRolled(context: GraphContext) {
  const application = findApplication(context)
  return application.appId === context.caller.appId ? application : findManaged(context)
}
