/**
 * A client with its production configuration, as a process of its own: nothing in it knows of a local tenant. Prints
 * what it found as JSON.
 */
import { ClientCertificateCredential } from '@azure/identity'
import { CertificateClient } from '@azure/keyvault-certificates'
import { CryptographyClient } from '@azure/keyvault-keys'
import { ConfidentialClientApplication } from '@azure/msal-node'

const {
  TENANT_ID = '',
  CLIENT_ID = '',
  CLIENT_SECRET = '',
  OPERATOR_ID = '',
  OPERATOR_FILE = '',
  SCOPE = '',
} = process.env
const { VAULT_URL = '', CERTIFICATE = '' } = process.env

const app = new ConfidentialClientApplication({
  auth: {
    clientId: CLIENT_ID,
    clientSecret: CLIENT_SECRET,
    authority: `https://login.microsoftonline.com/${TENANT_ID}`,
  },
})
const token = await app.acquireTokenByClientCredential({ scopes: [SCOPE] })

const credential = new ClientCertificateCredential(TENANT_ID, OPERATOR_ID, OPERATOR_FILE)
const certificate = await new CertificateClient(VAULT_URL, credential).getCertificate(CERTIFICATE)
const signer = new CryptographyClient(certificate.keyId ?? '', credential)
const { result } = await signer.sign('PS256', Buffer.alloc(32))

process.stdout.write(
  JSON.stringify({ token: token?.accessToken, keyId: certificate.keyId, signature: result.length }),
)
