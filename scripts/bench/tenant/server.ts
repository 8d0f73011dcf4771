/** One issuer in a process of its own: the local tenant, or what it is compared with. */
import { X509Certificate } from 'node:crypto'
import got from 'got'
import { thumbprintsOf } from '../../../core/thumbprints.ts'
import { startTenant } from '../../../tenant/server.ts'
import type { ReadyServer, ServerPlan } from './plan.ts'
import { bareServer, mockServer, oidcProvider, verifyingMockServer } from './rivals.ts'

const START = {
  tenant: tenantServer,
  'oidc-provider': oidcProvider,
  'oauth2-mock-server': verifyingMockServer,
  'the same, unverified': mockServer,
  'bare node:https': bareServer,
}

process.once('message', (plan: ServerPlan) => {
  START[plan.variant](plan).then(
    (ready) => {
      process.send?.(ready)
      process.on('message', () => process.send?.(cpu()))
    },
    (error: unknown) => {
      console.error(error)
      process.exit(1)
    },
  )
})
process.once('disconnect', () => process.exit(0))

/** Processor time so far, in microseconds. */
function cpu(): number {
  const { user, system } = process.cpuUsage()
  return user + system
}

/** As it is, and told to remember each `jti`, as oidc-provider does: verifies the PS256 assertion, answers with an RS256 JWT. */
async function tenantServer(): Promise<ReadyServer> {
  const { ports, tokenEndpoint, caPem, client, api, adminUrl, adminToken } = await startTenant()
  await got.patch(`${adminUrl}/settings`, {
    https: { certificateAuthority: caPem },
    headers: { authorization: `Bearer ${adminToken}` },
    json: { refuseReplays: true },
  })
  const certificate = new X509Certificate(
    client.certificatePem.slice(client.certificatePem.indexOf('-----BEGIN CERT')),
  )
  return {
    port: ports.issuer,
    path: new URL(tokenEndpoint).pathname,
    caPem,
    clientId: client.appId,
    privateKeyPem: client.certificatePem,
    header: { 'x5t#S256': thumbprintsOf(certificate.raw)['x5t#S256'] },
    audience: tokenEndpoint,
    form: { scope: api.scope },
  }
}
