/** addKey, removeKey. */
import { type Answer, json } from '../http/exchange.ts'
import { assertLifetime } from './app-policy.ts'
import { findApplication, findManaged } from './applications.ts'
import { type GraphContext, readJson } from './context.ts'
import { noSuchCredential } from './errors.ts'
import { assertDistinct, readKeyCredential } from './key-credentials.ts'
import { assertProof } from './proof.ts'

/** Adds one key to those that are there; an existing key proves that the caller has the right to. */
export async function addKey(context: GraphContext): Promise<Answer> {
  const { application, body } = await readProven(context)
  const added = readKeyCredential(body.keyCredential, [])
  assertLifetime(context.deps, 'keyCredentials', [added])
  const keyCredentials = [...application.keyCredentials, added]
  assertDistinct(keyCredentials)
  context.directory.applications.put({ ...application, keyCredentials })
  return json(200, {
    '@odata.context': `${context.base}/$metadata#microsoft.graph.keyCredential`,
    ...added,
    key: null,
  })
}

export async function removeKey(context: GraphContext): Promise<Answer> {
  const { application, body } = await readProven(context)
  const rest = application.keyCredentials.filter(({ keyId }) => keyId !== body.keyId)
  if (rest.length === application.keyCredentials.length) throw noSuchCredential()
  context.directory.applications.put({ ...application, keyCredentials: rest })
  return { status: 204 }
}

/** The body of who may roll the keys, and the application as it is after the proof: others may change it meanwhile. */
async function readProven(context: GraphContext) {
  findRolled(context)
  const body = await readJson(context.request)
  await assertProof(body.proof, findRolled(context), context.deps.clock)
  return { body, application: findRolled(context) }
}

/** An app may roll its own keys without any permission: the proof is what counts. */
function findRolled(context: GraphContext) {
  const application = findApplication(context)
  return application.appId === context.caller.appId ? application : findManaged(context)
}
