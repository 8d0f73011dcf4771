/**
 * The one error type of the product, and the one table of its codes.
 *
 * `docs/errors.md` is generated from {@link ERRORS}; scripts may rely on a code and its exit code.
 * A message is one line and never carries a token, a secret, a key or a file's contents.
 */

/** 0 done, 1 failed, 2 usage or configuration, 4 not signed in or refused, 6 a service can't be reached, 130 interrupted. */
export type ExitCode = 1 | 2 | 4 | 6 | 130

interface ErrorSpec {
  readonly exitCode: ExitCode
  /** What it means, in a sentence, for `docs/errors.md`. */
  readonly means: string
}

/** Every error code with its exit code and meaning. */
export const ERRORS = {
  internal: { exitCode: 1, means: 'A defect in this program. Please report it.' },
  interrupted: { exitCode: 130, means: 'Stopped by Ctrl-C or a termination signal.' },
  usage: { exitCode: 2, means: 'The command line could not be understood.' },

  'setting-missing': { exitCode: 2, means: 'A setting that the command needs has no value.' },
  'setting-invalid': { exitCode: 2, means: 'A setting has a value that can not be used.' },
  'profile-unknown': { exitCode: 2, means: 'The profile that was named does not exist.' },
  'profile-invalid': { exitCode: 2, means: 'The profile file can not be read or understood.' },
  'insecure-url': { exitCode: 2, means: 'An address starts with http:// and is not on this machine.' },

  'certificate-missing': { exitCode: 2, means: 'There is no certificate file at that path.' },
  'certificate-unreadable': {
    exitCode: 2,
    means: 'The certificate file can not be read (a folder, no permission).',
  },
  'certificate-too-large': { exitCode: 2, means: 'The certificate file is larger than 1 MB.' },
  'certificate-empty': { exitCode: 2, means: 'The certificate file is empty.' },
  'certificate-not-recognised': {
    exitCode: 2,
    means: 'The file holds no certificate in a form that is understood.',
  },
  'certificate-truncated': { exitCode: 2, means: 'The certificate file ends in the middle.' },
  'certificate-malformed': { exitCode: 2, means: 'A certificate or key block is damaged.' },
  'certificate-no-certificate': { exitCode: 2, means: 'The file has a private key, but no certificate.' },
  'certificate-no-key': { exitCode: 2, means: 'The file has a certificate, but no private key.' },
  'certificate-two-keys': { exitCode: 2, means: 'The file has more than one private key.' },
  'certificate-two-leaves': {
    exitCode: 2,
    means: 'More than one certificate in the file could be the one that is meant.',
  },
  'certificate-passphrase-missing': {
    exitCode: 2,
    means: 'The private key is encrypted and no passphrase was given.',
  },
  'certificate-passphrase-wrong': { exitCode: 2, means: 'The passphrase does not open the private key.' },
  'certificate-encryption-unsupported': {
    exitCode: 2,
    means: 'The private key is encrypted with an algorithm or a cost that is not supported.',
  },
  'certificate-key-mismatch': { exitCode: 2, means: 'The private key belongs to another certificate.' },
  'certificate-key-not-rsa': { exitCode: 2, means: 'The key is not RSA; Entra takes RSA certificates only.' },
  'certificate-key-too-small': { exitCode: 2, means: 'The RSA key has fewer than 2048 bits.' },
  'certificate-expired': { exitCode: 2, means: "The certificate's last day has passed." },
  'certificate-not-yet-valid': { exitCode: 2, means: "The certificate's first day has not come." },
  'certificate-thumbprint-mismatch': {
    exitCode: 2,
    means: 'CERT_THUMBPRINT is not the thumbprint of the certificate.',
  },
  'certificate-signature-wrong': {
    exitCode: 1,
    means: 'A signature does not verify with the public key of its certificate.',
  },

  'output-exists': { exitCode: 2, means: 'A file that would be written exists already.' },
  'output-unwritable': { exitCode: 1, means: 'A file or folder can not be written.' },
  'file-unreadable': { exitCode: 2, means: 'A file that a setting names can not be read.' },
  'file-exposed': { exitCode: 2, means: 'A file that holds a secret can be read by other users.' },

  'issuer-unreachable': { exitCode: 6, means: 'The issuer (Microsoft Entra) can not be reached.' },
  'issuer-invalid': { exitCode: 2, means: "The issuer's metadata does not belong to the authority." },
  'issuer-refused': { exitCode: 4, means: 'The issuer refused the credential or the request (AADSTS…).' },
  'user-signed-out': { exitCode: 4, means: 'No user is signed in here, or the sign-in has ended.' },
  'vault-unreachable': { exitCode: 6, means: 'The key vault can not be reached.' },
  'vault-refused': { exitCode: 4, means: 'The key vault refused the caller or the operation.' },
  'vault-signed-out': { exitCode: 4, means: 'No credential opened the key vault.' },
  'vault-certificate-missing': { exitCode: 2, means: 'The key vault has no such certificate.' },
  'vault-certificate-disabled': { exitCode: 2, means: 'The certificate in the key vault is disabled.' },
  'vault-name-deleted': {
    exitCode: 2,
    means: 'The key vault keeps a deleted certificate of that name, which can be recovered or purged.',
  },
  'vault-failed': { exitCode: 1, means: 'The key vault answered with an error.' },
  'plugin-missing': { exitCode: 2, means: 'A plugin that the profile names is not installed.' },
  'plugin-invalid': { exitCode: 2, means: 'A plugin is not a certificate source, or can not be loaded.' },
  'plugin-failed': { exitCode: 1, means: 'A plugin failed for a reason of its own.' },
  'graph-unreachable': { exitCode: 6, means: 'Microsoft Graph can not be reached.' },
  'graph-refused': { exitCode: 4, means: 'Microsoft Graph refused the caller or the operation.' },
  'graph-failed': { exitCode: 1, means: 'Microsoft Graph answered with an error.' },
  'app-missing': { exitCode: 2, means: 'There is no app registration with that client id or name.' },
  'app-conflict': {
    exitCode: 2,
    means: 'There is another app of that name, or the app is not one that this program created.',
  },
  'app-incomplete': { exitCode: 1, means: 'The app is registered, but no token could be had with it yet.' },
  'credential-missing': { exitCode: 2, means: 'The app has no such credential.' },
  'credential-last': { exitCode: 2, means: 'It is the last credential of the app that works.' },
  'rotation-failed': {
    exitCode: 1,
    means: 'The new certificate did not prove itself, so the old one stays.',
  },
  'rotation-pending': {
    exitCode: 1,
    means: 'The last rotation is in its overlap: its old certificate still works.',
  },
  'run-already': { exitCode: 1, means: 'Another run of this program changes the same app.' },
  'tls-untrusted': { exitCode: 6, means: "A server's TLS certificate is not trusted." },

  'api-unreachable': { exitCode: 6, means: 'The todo API can not be reached.' },
  'api-unauthorized': { exitCode: 4, means: 'The todo API refused the access token (401).' },
  'api-forbidden': { exitCode: 4, means: 'The access token lacks the permission (403).' },
  'api-rejected': { exitCode: 1, means: 'The todo API refused the request (4xx).' },
  'api-failed': { exitCode: 1, means: 'The todo API failed (5xx).' },
  'api-unavailable': { exitCode: 6, means: 'The todo API is not available now (503).' },
  'api-answer-invalid': { exitCode: 1, means: 'The answer is not what the todo API gives.' },
  'todo-missing': { exitCode: 1, means: 'There is no such todo, or it belongs to someone else.' },

  'local-not-running': { exitCode: 1, means: 'The local tenant does not run.' },
  'local-port-in-use': { exitCode: 1, means: 'A port of the local tenant or the API is taken.' },
  'local-state-invalid': { exitCode: 1, means: 'The state folder of the local tenant is damaged.' },
  'local-state-in-use': { exitCode: 1, means: 'Another process uses the state of the local tenant.' },
  'local-start-failed': { exitCode: 1, means: 'The local tenant did not start.' },

  'server-config-invalid': { exitCode: 2, means: 'The API was started with variables that can not be used.' },
  'store-failed': { exitCode: 1, means: "The API's store can not be opened." },
} as const satisfies Record<string, ErrorSpec>

/** A stable code, the key of {@link ERRORS}. */
export type ErrorCode = keyof typeof ERRORS

export interface AppErrorOptions {
  /** The next command to type, or the next thing to do. */
  readonly hint?: string | undefined
  /** What was caught. Kept for `--verbose`, never printed otherwise. */
  readonly cause?: unknown
  /** The service's own code, for instance `AADSTS700027`. */
  readonly serviceCode?: string | undefined
  /** What was tried and why it failed, each in one line, where there was more than one way. */
  readonly details?: readonly string[] | undefined
}

/** An expected failure: one line, a stable code, an exit code and the next step. */
export class AppError extends Error {
  override readonly name = 'AppError'
  readonly code: ErrorCode
  readonly hint: string | undefined
  readonly serviceCode: string | undefined
  readonly details: readonly string[]

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.hint = options.hint
    this.serviceCode = options.serviceCode
    this.details = options.details ?? []
  }

  get exitCode(): ExitCode {
    return ERRORS[this.code].exitCode
  }
}

/** The `code` that Node and its libraries put on system errors (`ENOENT`, `ECONNREFUSED`), looked for through `cause`. */
export function systemCode(error: unknown): string | undefined {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth += 1) {
    if (!(at instanceof AppError) && 'code' in at && typeof at.code === 'string') return at.code
  }
  return undefined
}
