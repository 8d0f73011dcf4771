#!/usr/bin/env node
/** Makes a certificate that its owner switched off, which no command of todo-cli does, with the variables of `local env`. */
import { ClientCertificateCredential } from '@azure/identity'
import { CertificateClient } from '@azure/keyvault-certificates'

const { AZURE_TENANT_ID = '', AZURE_CLIENT_ID = '', AZURE_CLIENT_CERTIFICATE_PATH = '' } = process.env
const { AZURE_AUTHORITY_HOST: authorityHost = '', KEY_VAULT_URL = '' } = process.env

// Under the cloud's own names nothing is switched off.
const onLoopback = new URL(authorityHost).hostname === 'localhost'
const credential = new ClientCertificateCredential(
  AZURE_TENANT_ID,
  AZURE_CLIENT_ID,
  { certificatePath: AZURE_CLIENT_CERTIFICATE_PATH },
  { authorityHost, disableInstanceDiscovery: onLoopback },
)
const client = new CertificateClient(KEY_VAULT_URL, credential, {
  disableChallengeResourceVerification: onLoopback,
})
const policy = { issuerName: 'Self', subject: 'CN=disabled' }
const poller = await client.beginCreateCertificate('disabled', policy, { enabled: false, intervalInMs: 50 })
await poller.pollUntilDone()
