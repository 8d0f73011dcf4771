import { flushCompileCache } from 'node:module'
import { join } from 'node:path'
import { AppError } from '../../../core/errors.ts'
import { replaceFile } from '../../../core/private-file.ts'
import type { Action } from '../../command.ts'
import { boundedLog } from './log.ts'
import { type LocalPorts, onFreePorts, readPorts, writePorts } from './ports.ts'
import { type LocalTenant, startServices } from './services.ts'
import { forgetRunning, type LocalStatus, lockState, runsAlready, writeRunning } from './state.ts'

/**
 * `todo-cli local run`: tenant and API in this process, until Ctrl-C or `local stop`. Prints the status, one line of JSON,
 * when both answer: `local start` waits for that line.
 */
export const run: Action = async (context, _args, flags) => {
  const { home, io, out, env, program } = context
  const stateDir = home.local
  const cloudNames = flags.cloudNames === true
  const lock = await lockState(stateDir).catch(async (error: unknown) => {
    throw (await runsAlready(context)) ?? error
  })
  // Records of tenant and API hold no secret: `local logs` shows them.
  const log =
    env.TODO_CLI_BACKGROUND === '1'
      ? boundedLog(io.stderr, stateDir)
      : (record: object) => io.stderr.write(`${JSON.stringify(record)}\n`)
  const stopped = Promise.withResolvers<void>()
  // Who waits for the lock, waits for the last write: `local stop` and what then removes the folder, for instance.
  const release = () => {
    flushCompileCache()
    lock.release()
  }
  const cleanups: (() => Promise<void> | void)[] = [release]
  try {
    const options = { stateDir, cloudNames, log, onStop: () => stopped.resolve() }
    const known = await readPorts(stateDir)
    const start = (ports: LocalPorts) => startServices(options, ports)
    const { tenant, addresses, apiUrl, ports, close } = await (known ? start(known) : onFreePorts(start))
    cleanups.push(close)
    await writePorts(stateDir, ports)
    const status: LocalStatus = {
      tenantId: tenant.tenantId,
      ...addresses,
      apiUrl,
      ...(await identitiesOf(tenant, stateDir)),
      adminUrl: tenant.adminUrl,
      identityEndpoint: tenant.identityEndpoint,
      stateDir,
      pid: program.pid,
    }
    await writeRunning(status)
    cleanups.push(() => forgetRunning(stateDir))
    io.stdout.write(`${JSON.stringify(status)}\n`)
    if (env.TODO_CLI_BACKGROUND !== '1') out.note('running; Ctrl-C stops it')
    io.signal.addEventListener('abort', () => stopped.resolve(), { once: true })
    if (io.signal.aborted) stopped.resolve()
    await stopped.promise
  } finally {
    for (const cleanup of cleanups.toReversed()) await cleanup()
  }
  return undefined
}

/** The apps by their ids, and the 0600 files that hold their secrets. */
async function identitiesOf(
  { files, api, client, clientWithoutRole, ...tenant }: LocalTenant,
  stateDir: string,
) {
  if (files === undefined) throw new AppError('internal', 'the local tenant has no files')
  const clientWithoutRoleSecretFile = join(stateDir, 'client-without-role-secret')
  const identityHeaderFile = join(stateDir, 'identity-header')
  await replaceFile({ path: clientWithoutRoleSecretFile, data: clientWithoutRole.secret })
  await replaceFile({ path: identityHeaderFile, data: tenant.identityHeader })
  return {
    apiClientId: api.appId,
    scope: api.scope,
    clientId: client.appId,
    clientSecretFile: files.clientSecret,
    certificateFile: files.clientCertificate,
    caFile: files.ca,
    vaultCertificateFile: files.operatorCertificate,
    vaultClientId: tenant.operator.appId,
    certificateName: tenant.vaultCertificateName,
    clientWithoutRoleId: clientWithoutRole.appId,
    clientWithoutRoleSecretFile,
    publicClientId: tenant.publicClient.appId,
    adminTokenFile: files.adminToken,
    identityHeaderFile,
  }
}
