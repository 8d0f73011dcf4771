/**
 * What opening a file may cost. A passphrase becomes a key by as many rounds as the file says, and it may say it many
 * times: without a limit for the whole of it, a file of 1 MB could keep the program busy for hours.
 */

/** Rounds of one derivation above which a file is taken for hostile: OpenSSL writes 2048, OWASP advises 600,000. */
export const KDF_ROUNDS_MAX = 1_000_000

/**
 * Rounds of all derivations for a file together: MAC, certificates and key at the limit of one, and a wrong spelling of
 * the passphrase before the right one.
 */
export const KDF_ROUNDS_PER_FILE = 4 * KDF_ROUNDS_MAX

/** An algorithm or a cost that this program does not follow. The message says which, and carries nothing of the file. */
export class UnsupportedEncryption extends Error {}

/** What is left for the derivations of one file. */
export interface KdfBudget {
  /**
   * Takes the rounds of a derivation before it is made.
   *
   * @throws UnsupportedEncryption where one derivation, or all of a file, ask for too many
   */
  spend(rounds: number): void
}

export function kdfBudget(total: number = KDF_ROUNDS_PER_FILE): KdfBudget {
  let left = total
  return {
    spend(rounds) {
      // NaN is no number of rounds either.
      if (!(rounds >= 0 && rounds <= KDF_ROUNDS_MAX && rounds <= left)) {
        throw new UnsupportedEncryption('its passphrase would take too many rounds of derivation')
      }
      left -= rounds
    },
  }
}

/** The cost of scrypt in rounds of PBKDF2: a block of it takes about as long (RFC 7914 section 2). */
export const scryptRounds = (cost: number, blockSize: number, parallelism: number): number =>
  cost * blockSize * parallelism
