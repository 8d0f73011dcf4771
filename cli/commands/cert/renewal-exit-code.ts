import type { ErrorCode } from '../../../core/errors.ts'

const MISSING = 2
const FAILED = 255

/** The exit code of an error in `cert needs-renewal`: as `step certificate needs-renewal` has it. */
export function renewalExitCode(code: ErrorCode): number {
  return code === 'certificate-missing' || code === 'vault-certificate-missing' ? MISSING : FAILED
}
