/**
 * `todo-cli --auth ssh-agent`: the certificate is in a file, its private key in an SSH agent (or in the smart card behind
 * one). The agent signs; the key never comes here.
 *
 * An agent makes RSA signatures over SHA-256 with PKCS#1 v1.5 padding, which is RS256; PS256 is not to be had from it.
 * https://datatracker.ietf.org/doc/draft-ietf-sshm-ssh-agent/ sections 3.2 and 3.6
 */
import { createHash, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'

export default {
  name: 'ssh-agent',
  algorithms: ['RS256'],
  settings: [
    {
      key: 'sshAgentCertificateFile',
      variable: 'SSH_AGENT_CERTIFICATE_FILE',
      help: 'The certificate (PEM) whose private key is in the SSH agent',
    },
    { key: 'sshAgentSocket', variable: 'SSH_AUTH_SOCK', help: 'The socket of the SSH agent' },
  ],

  /** On every run, also where the token is cached: no request, no secret. */
  async identify(settings) {
    settings.need('sshAgentSocket')
    const { raw } = await certificate(settings)
    return createHash('sha256').update(raw).digest('base64url')
  },

  /** Only where a new token is needed. */
  async open(settings, { signal }) {
    const socket = settings.need('sshAgentSocket')
    const leaf = await certificate(settings)
    if (leaf.validToDate < new Date()) {
      const day = leaf.validToDate.toISOString().slice(0, 10)
      throw refusal(
        'certificate-expired',
        `the certificate of the SSH agent expired on ${day}`,
        'make a new one',
      )
    }
    const key = publicKeyBlob(leaf)
    return {
      chainPem: [leaf.toString()],
      notAfter: leaf.validToDate,
      origin: settings.need('sshAgentCertificateFile'),
      async sign(_alg, data) {
        const request = Buffer.concat([
          Buffer.from([SIGN_REQUEST]),
          string(key),
          string(data),
          uint32(RSA_SHA2_256),
        ])
        const answer = await ask(socket, request, signal)
        if (answer[0] !== SIGN_RESPONSE) {
          throw refusal(
            'certificate-no-key',
            'the SSH agent has not the private key of the certificate, or does not want to sign',
            'add the key: ssh-add FILE; see which it has: ssh-add -l',
          )
        }
        // string signature { string "rsa-sha2-256", string blob }
        const signature = readString(answer, 1)
        return readString(signature, 4 + readString(signature, 0).length)
      },
    }
  },
}

const SIGN_REQUEST = 13
const SIGN_RESPONSE = 14
const RSA_SHA2_256 = 2

/** The most that an answer may hold, in bytes: a signature is far smaller. */
const ANSWER_MAX = 256 * 1024

async function certificate(settings) {
  const file = settings.need('sshAgentCertificateFile')
  const pem = await readFile(file, 'utf8').catch(() => {
    throw refusal('certificate-missing', `there is no file ${file}`, 'set SSH_AGENT_CERTIFICATE_FILE')
  })
  try {
    return new X509Certificate(pem)
  } catch {
    throw refusal('certificate-not-recognised', `${file} is no certificate`, 'name a PEM file')
  }
}

/** todo-cli takes an Error with a `code` of its table (docs/errors.md) for one of its own. */
function refusal(code, message, hint) {
  return Object.assign(new Error(message), { code, hint })
}

/** How SSH names an RSA key (RFC 4253 section 6.6). */
function publicKeyBlob({ publicKey }) {
  const { kty, n, e } = publicKey.export({ format: 'jwk' })
  if (kty !== 'RSA')
    throw refusal('certificate-key-not-rsa', 'Entra takes RSA only', 'make an RSA certificate')
  return Buffer.concat([string('ssh-rsa'), mpint(e), mpint(n)])
}

const uint32 = (number) => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(number)
  return bytes
}

const string = (bytes) => Buffer.concat([uint32(Buffer.byteLength(bytes)), Buffer.from(bytes)])

/** A positive number: a zero in front where its first bit is set (RFC 4251 section 5). */
function mpint(base64url) {
  const bytes = Buffer.from(base64url, 'base64url')
  return string(bytes[0] >= 0x80 ? Buffer.concat([Buffer.alloc(1), bytes]) : bytes)
}

function readString(bytes, at) {
  const end = at + 4 + bytes.readUInt32BE(at)
  if (end > bytes.length)
    throw refusal('certificate-signature-wrong', 'the answer of the SSH agent is cut short')
  return bytes.subarray(at + 4, end)
}

/** One message to the agent, one back: four bytes of length, then its bytes. */
function ask(path, message, signal) {
  return new Promise((resolve, reject) => {
    const socket = connect({ path, signal })
    const chunks = []
    socket.setTimeout(30_000, () => socket.destroy(new Error('the SSH agent does not answer')))
    socket.on('connect', () => socket.write(string(message)))
    socket.on('data', (chunk) => {
      chunks.push(chunk)
      const answer = Buffer.concat(chunks)
      const length = answer.length < 4 ? Number.POSITIVE_INFINITY : answer.readUInt32BE(0)
      if (answer.length > ANSWER_MAX) socket.destroy(new Error('the answer of the SSH agent is too long'))
      if (answer.length < 4 + length) return
      resolve(answer.subarray(4, 4 + length))
      socket.destroy()
    })
    socket.on('error', (cause) => {
      if (signal.aborted) return reject(refusal('interrupted', 'interrupted'))
      const error = refusal(
        'certificate-unreadable',
        `can not reach the SSH agent at ${path}`,
        'eval "$(ssh-agent)"',
      )
      reject(Object.assign(error, { cause }))
    })
    socket.on('close', () => reject(refusal('certificate-unreadable', 'the SSH agent closed the connection')))
  })
}
