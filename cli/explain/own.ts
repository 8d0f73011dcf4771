/** For each error code of this program the command that leads on, where nothing more is known than the code. */
import { ERRORS, type ErrorCode } from '../../core/errors.ts'
import type { Explanation } from './explanation.ts'

const LOOK = 'see what is in it: todo-cli cert show CERT'
const NEW = 'make a new one: todo-cli cert create NAME, then: todo-cli app credential add certs/NAME.pem'
const DOCTOR = 'find the cause: todo-cli doctor'
const SETTINGS = 'see each setting, and where it comes from: todo-cli config list'
const VAULT = 'find the cause: todo-cli doctor --auth keyvault'
const GRAPH = 'see who asks: az account show; what the app has: todo-cli app show'
const LOCAL = 'see its log: todo-cli local logs'

const NEXT: Readonly<Record<ErrorCode, string>> = {
  internal: 'run the same command with --verbose, and report what it says',
  interrupted: 'run the same command again; what it began is whole, or goes on: todo-cli doctor',
  usage: 'todo-cli --help',

  'setting-missing': SETTINGS,
  'setting-invalid': SETTINGS,
  'profile-unknown': 'see which there are: todo-cli config profiles',
  'profile-invalid': 'see which there are: todo-cli config profiles',
  'insecure-url':
    'write it with https://; for the authority: todo-cli config set authority https://HOST/TENANT_ID',

  'certificate-missing': 'see which there are: todo-cli cert list; or make one: todo-cli cert create NAME',
  'certificate-unreadable': 'see whose it is: ls -l FILE',
  'certificate-too-large': LOOK,
  'certificate-empty': 'see which there are: todo-cli cert list; or make one: todo-cli cert create NAME',
  'certificate-not-recognised':
    'see what it is: openssl asn1parse -in FILE; or make one: todo-cli cert create NAME',
  'certificate-truncated': 'copy the file again, and compare: sha256sum FILE',
  'certificate-malformed': 'copy the file again, and compare: sha256sum FILE',
  'certificate-no-certificate':
    'put certificate and key into one file: cat CERTIFICATE KEY >certs/NAME.pem; or make both: todo-cli cert create NAME',
  'certificate-no-key':
    'name the file that has the key, too: todo-cli config set certificateFile certs/NAME.pem; or make both: todo-cli cert create NAME',
  'certificate-two-keys': 'leave one key in the file; which there are: todo-cli cert show CERT',
  'certificate-two-leaves': 'leave one leaf in the file; which there are: todo-cli cert show CERT',
  'certificate-passphrase-missing':
    'give it in a file: todo-cli cert show CERT --passphrase-file FILE (or the variable CERT_PASSPHRASE)',
  'certificate-passphrase-wrong':
    'give it in a file: todo-cli cert show CERT --passphrase-file FILE (or the variable CERT_PASSPHRASE)',
  'certificate-encryption-unsupported':
    'write it anew: openssl pkcs8 -topk8 -in OLD -out NEW, then: todo-cli cert show NEW',
  'certificate-key-mismatch': 'take certificate and key from the same pair: todo-cli cert create NAME',
  'certificate-key-not-rsa': NEW,
  'certificate-key-too-small': NEW,
  'certificate-expired': NEW,
  'certificate-not-yet-valid': 'compare the clock: date -u; and the dates: todo-cli cert show CERT',
  'certificate-thumbprint-mismatch':
    'leave CERT_THUMBPRINT out, for it is computed; all its forms: todo-cli cert thumbprint CERT',
  'certificate-signature-wrong':
    'see whether certificate and key are a pair: todo-cli cert verify CERT; or make a new pair: todo-cli cert create NAME',

  'output-exists': 'take another name, or replace it: --force',
  'output-unwritable': 'see whose the folder is, and how full: ls -ld FOLDER; df -h FOLDER',
  'file-unreadable': 'see whose it is: ls -l FILE',
  'file-exposed': 'chmod 600 FILE',

  'issuer-unreachable': DOCTOR,
  'issuer-invalid':
    'see the authority: todo-cli config get authority; it is https://login.microsoftonline.com/TENANT_ID or https://NAME.ciamlogin.com/TENANT_ID',
  'issuer-refused': 'see what its AADSTS code means, for instance: todo-cli explain AADSTS700027',
  'user-signed-out': 'todo-cli login',
  'vault-unreachable': VAULT,
  'vault-refused':
    'see what its code means: todo-cli explain ForbiddenByRbac; or find the cause: todo-cli doctor --auth keyvault',
  'vault-signed-out': 'sign in: az login; or say who opens the vault: --vault-auth certificate',
  'vault-certificate-missing': 'see which there are: todo-cli cert list --all',
  'vault-certificate-disabled':
    'enable it: az keyvault certificate set-attributes --enabled true --vault-name VAULT --name NAME',
  'vault-name-deleted':
    'bring it back: todo-cli cert recover vault:NAME; or end it: todo-cli cert remove vault:NAME --purge',
  'vault-failed': VAULT,
  'plugin-missing': 'see which are named: todo-cli config get plugins',
  'plugin-invalid': 'see which are named: todo-cli config get plugins',
  'plugin-failed': 'run the same command with --verbose, and tell its author',
  'graph-unreachable': 'see the address: todo-cli config get graphUrl',
  'graph-refused': GRAPH,
  'graph-failed': GRAPH,
  'app-missing':
    'see which app is meant, and of which tenant: todo-cli config list; register one: todo-cli app create',
  'app-conflict':
    'take another name: todo-cli app create --client-name NAME; what is there: todo-cli app show',
  'app-incomplete': 'run it again, which goes on where it stopped: todo-cli app create',
  'credential-missing': 'see which there are: todo-cli app credential list',
  'credential-last': 'add another first: todo-cli app credential add CERT',
  'rotation-failed':
    'find the cause with the new certificate: todo-cli doctor --auth cert --certificate-file CERT',
  'rotation-pending': 'end the overlap: todo-cli cert rotate --finish',
  'run-already': 'wait for the other run, and run the same command again; what is there: todo-cli app show',
  'tls-untrusted':
    'if its CA is your own, name it: todo-cli config set caFile FILE (or --ca-file FILE, or the variable NODE_EXTRA_CA_CERTS)',

  'api-unreachable': 'see the address: todo-cli config get apiEndpoint; the local API: todo-cli local start',
  'api-unauthorized':
    'compare the token with what the API expects: todo-cli token show; or find the cause: todo-cli doctor',
  'api-forbidden': 'see what the token may do, and what is missing: todo-cli token show --no-cache',
  'api-rejected': 'todo-cli todos --help',
  'api-failed': 'try again; if it stays, see the log of the API: todo-cli local logs',
  'api-unavailable': 'try again in a minute: todo-cli todos list',
  'api-answer-invalid': 'see the address, which ends in /api/todolist: todo-cli config get apiEndpoint',
  'todo-missing': 'see which there are: todo-cli todos list',

  'local-not-running': 'todo-cli local start',
  'local-port-in-use': 'see whether it runs already: todo-cli local status',
  'local-state-invalid': 'begin anew; every id and key changes: todo-cli local reset',
  'local-state-in-use': 'see which one runs: todo-cli local status; end it: todo-cli local stop',
  'local-start-failed': LOCAL,

  'server-config-invalid': 'see which variables the API takes: todo-api --help',
  'store-failed': 'see DATABASE_URL, sqlite:FILE or postgres://…: todo-api --help',
}

/** The explanation of a code of this program. */
export function explainOwn(code: string): Explanation | undefined {
  const known = code.toLowerCase()
  if (!isOwn(known)) return undefined
  const { means, exitCode } = ERRORS[known]
  return { means: `${means} Exit code ${exitCode}.`, hint: NEXT[known] }
}

const isOwn = (code: string): code is ErrorCode => Object.hasOwn(ERRORS, code)
