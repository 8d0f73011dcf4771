/**
 * How the transcripts differ under the cloud's own names: in their addresses, in what an issuer that the cloud vouches for
 * need not be asked, and in the steps below. Everything else is the same to the letter.
 */

/** Transcripts that have no part in it, and why. */
export const APART: Readonly<Record<string, string>> = {
  'local.txt': 'starts tenants of its own, on loopback',
  'local-codes.txt': 'starts tenants of its own, on loopback',
}

/** Commands whose answers are others, by what they are known by, and why. */
const DIFFERENT: readonly (readonly [file: string, command: RegExp, why: string])[] = [
  [
    'bad-issuer.txt',
    /--authority \$VAULT\/contoso/,
    'MSAL asks the cloud what an unknown issuer is, on loopback its discovery document is read',
  ],
  ['bad-issuer.txt', /NO_PROXY=localhost/, 'the issuer is on loopback no more, so that the proxy is needed'],
  ['codes-services.txt', /--authority \$VAULT\/contoso/, 'as in bad-issuer.txt'],
  ['bad-vault.txt', /list --ca-file/, 'there is no discovery: the vault is who is met first'],
  [
    'codes-app.txt',
    /--graph-url \$VAULT/,
    'a token is asked for the vault by its name, which is no resource',
  ],
]

/** The lines of a trace that loopback alone has: MSAL knows the metadata of the cloud. */
const DISCOVERY = /^2> > GET .+\/v2\.0\/\.well-known\/openid-configuration 200 .*\n/gm

const ADDRESSES = [
  ['https://login.microsoftonline.com', 'https://localhost:<issuer>'],
  ['https://graph.microsoft.com', 'https://localhost:<graph>'],
  ['NO_PROXY=login.microsoftonline.com', 'NO_PROXY=localhost'],
] as const

/** What doctor says of the proxy, without which there are no names of the cloud. */
const PROXY = /, proxy localhost:\d+ \(HTTPS_PROXY\)$/gm

/** A transcript as both ways of playing it have it. */
export function inCommon(file: string, transcript: string): string {
  const text = ADDRESSES.reduce((so, [cloud, loopback]) => so.replaceAll(cloud, loopback), transcript)
  return text
    .replace(DISCOVERY, '')
    .replace(PROXY, '')
    .split(/^(?=\$ )/m)
    .map((step) => {
      const [command = ''] = step.split('\n', 1)
      return DIFFERENT.some(([name, known]) => name === file && known.test(command)) ? `${command}\n` : step
    })
    .join('')
}

/** Entries of the list above that no transcript has any more. */
export function stale(textOf: (file: string) => string): string[] {
  return DIFFERENT.filter(
    ([file, command]) =>
      !textOf(file)
        .split('\n')
        .some((line) => /^\$ /.test(line) && command.test(line)),
  ).map(([file, command]) => `${file}: ${command}`)
}
