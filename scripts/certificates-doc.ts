/**
 * Writes docs/certificates.md: every form of certificate file × every tool that writes it. Each file is made and read when
 * this runs, so it needs openssl and keytool. With `--check` it only compares, and exits 1 where they differ.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { loadCertificate } from '../core/certificate-file.ts'
import { ERRORS } from '../core/errors.ts'
import { CERTIFICATE_FORMS, FORMS, type Form, TOOLS } from '../test/support/certificate-forms.ts'
import { samples } from '../test/support/loader-properties.ts'

export const CERTIFICATES_DOC = join(import.meta.dirname, '..', 'docs', 'certificates.md')

/** The page, with a cross for each form that was not read. */
export function certificatesDoc(wasRead: (form: Form) => boolean): string {
  const cell = (form: string, tool: string) => {
    const one = CERTIFICATE_FORMS.find((each) => each.form === form && each.tool === tool)
    if (one === undefined) return '–'
    if (!wasRead(one)) return '✗'
    return one.byParameters ? '○' : '●'
  }
  const rows = FORMS.map((form) => [form, ...TOOLS.map((tool) => cell(form, tool))])
  const table = [['Form', ...TOOLS], ['---', ...TOOLS.map(() => ':-:')], ...rows]
  const codes = Object.entries(ERRORS).filter(([code]) => code.startsWith('certificate-'))
  return `# Certificates

Made by \`node scripts/certificates-doc.ts\`; \`test/unit/core/certificate-forms.test.ts\` makes and reads every file again.

## Where a certificate comes from

Commands take CERT as a file (\`certs/daemon.pem\`), as \`-\` for standard input, as \`vault:NAME\`, \`vault:NAME/VERSION\` or the
address of a certificate in a vault; left out, it is the one of the settings. For \`--auth cert\` the settings are
\`CERT_PRIVATE_KEY_FILE\` (a path), or \`CERT_BASE64\` (the whole file in base64, where there is no file system to trust).

A passphrase comes from the variable \`CERT_PASSPHRASE\`, from \`--passphrase-file FILE\` (\`-\` is the first line of standard
input), from \`--passphrase-env NAME\`, or from a prompt on a terminal; never from an argument, which other users can see.
What is written is encrypted only where \`cert create\` is given one of these flags, or \`cert convert\` and \`cert export\` are given
\`--new-passphrase-file\` or \`--new-passphrase-env\`. \`cert show\`, \`cert list\` and \`cert thumbprint\` read the certificate beside
a locked key without the passphrase; of a PFX that is encrypted as a whole nothing can be read.

## What is read

Every command that takes a certificate reads each of these, from a file (up to 1 MB). PEM may be in any order, with LF, CRLF
or CR, with a byte order mark, with text around its blocks, as one line with \`\\n\`, or as base64 of the whole. The leaf is
the certificate that fits the private key; its issuers are put in order; what does not belong to them is left out.

Each cell is a file that was made and read: ● by the tool itself, ○ by another as the tool's documentation says, because it does
not run where this was made. – is a form that the tool is not documented to write.

${table.map((row) => `| ${row.join(' | ')} |`).join('\n')}

The parameters behind ○: OpenSSL 1 writes what OpenSSL 3 writes with \`-traditional\`, \`-v1\`, \`-v2\` and \`-legacy\`; before 1.1 its
PKCS#8 was under PBES1 with DES. Windows (\`Export-PfxCertificate\`, and .NET for a file without a passphrase) takes 2000
rounds: 3DES and a SHA-1 MAC (\`TripleDES_SHA1\`), or AES-256 and a SHA-256 MAC (\`AES256_SHA256\`); before Windows 10 its
certificates were under RC2-40. Key Vault gives a secret of PFX in base64 with an empty passphrase, or of PEM with the key as
PKCS#8 and the chain after it.

Not read: EC, Ed25519 and RSA-PSS keys and RSA below 2048 bits (Entra takes none of them), OpenSSH keys, RC4, legacy
PEM under DES, ciphers other than those in CBC mode, and files under a public key. Opening a file may take a million rounds
of key derivation at a time, and four million in all: one that asks for more is refused, and not worked at for hours. The MAC
of RFC 9579 (PBMAC1) is read, and so is PKCS#8 as OpenSSL before 1.1 encrypted it (PBES1 with DES or RC2).

## What is written

\`cert create\`: the private key as PKCS#8 and the certificate in one PEM file (0600), the public part beside it (0644).
SHA-256, digitalSignature (critical), clientAuth, CA:false (critical), a subject key identifier, a serial number of 128
random bits, beginning ten minutes before now. A PFX has key and certificates under AES-256-CBC with PBKDF2-HMAC-SHA256
(10,000 rounds; 2048 without a passphrase) and a SHA-256 MAC: OpenSSL 3 reads it without \`-legacy\`, and Java 17 reads it
(its keytool wants a passphrase of six ASCII characters or more).

## Errors

All have exit code 2, but for \`certificate-signature-wrong\` (1). None shows what is in the file.

| Code | Meaning |
|---|---|
${codes.map(([code, { means }]) => `| \`${code}\` | ${means} |`).join('\n')}
`
}

/** The forms that the loader reads, of those whose tool is here. */
async function formsRead(): Promise<ReadonlySet<Form>> {
  const { made, privateKey } = samples()
  const read = new Set<Form>()
  for (const { form, bytes, key } of made) {
    const options = {
      origin: form.form,
      passphrase: form.passphrase,
      key: key && { bytes: key, origin: 'key' },
    }
    const loaded = await loadCertificate(bytes, options).catch(() => undefined)
    if (loaded?.key.equals(privateKey)) read.add(form)
  }
  return read
}

if (import.meta.main) {
  const read = await formsRead()
  const page = certificatesDoc((form) => read.has(form))
  const check = process.argv.includes('--check')
  if (!check) await writeFile(CERTIFICATES_DOC, page)
  else if ((await readFile(CERTIFICATES_DOC, 'utf8')) !== page) {
    console.error('docs/certificates.md is not up to date: node scripts/certificates-doc.ts')
    process.exitCode = 1
  }
}
