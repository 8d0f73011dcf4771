/**
 * Takes work out of the start of bundled libraries that nothing here needs. Each change names the text that it replaces, and
 * the build fails where a new version no longer has it, so that none outlives its reason.
 */
import { readFile } from 'node:fs/promises'
import type { Plugin } from 'esbuild'

/** Replaces a text of a file, or all of it. */
interface Change {
  readonly file: RegExp
  /** Absent: the whole file. */
  readonly text?: string
  readonly replacement: string
}

const CHANGES: readonly Change[] = [
  {
    // Only for subcommands that are programs of their own, of which there are none here.
    file: /commander\/lib\/command\.js$/,
    text: "import childProcess from 'node:child_process';",
    replacement:
      "const childProcess = { spawn: (...args) => process.getBuiltinModule('node:child_process').spawn(...args) };",
  },
  {
    // Two list formatters for error messages, made when got is loaded: 30 ms of Unicode data, as long as Node.js takes to start.
    file: /@sindresorhus\/is\/distribution\/index\.js$/,
    text: "const andFormatter = new Intl.ListFormat('en', { style: 'long', type: 'conjunction' });",
    replacement:
      "const andFormatter = { format: list => new Intl.ListFormat('en', { style: 'long', type: 'conjunction' }).format(list) };",
  },
  {
    file: /@sindresorhus\/is\/distribution\/index\.js$/,
    text: "const orFormatter = new Intl.ListFormat('en', { style: 'long', type: 'disjunction' });",
    replacement:
      "const orFormatter = { format: list => new Intl.ListFormat('en', { style: 'long', type: 'disjunction' }).format(list) };",
  },
  {
    // A converter of UTF-16, for a `encoding` that no call here has.
    file: /got\/dist\/source\/core\/response\.js$/,
    text: "['utf16le', new TextDecoder('utf-16le')],",
    replacement: "['utf16le', { decode: data => new TextDecoder('utf-16le').decode(data) }],",
  },
  {
    // To name FormData is to load the whole of fetch, 10 ms, on the first request that has a body.
    file: /got\/dist\/source\/core\/index\.js$/,
    text: 'if (!(options.body instanceof FormData)) {',
    replacement: "if (Object.prototype.toString.call(options.body) !== '[object FormData]') {",
  },
  {
    // The same of web streams, 1 ms, for a body that is a text or not there.
    file: /got\/dist\/source\/core\/index\.js$/,
    text: 'else if (body instanceof ReadableStream) {',
    replacement: "else if (typeof body === 'object' && body instanceof ReadableStream) {",
  },
  {
    // HTTP/2 is asked for with the option `http2` only, which no call here has; node:http2 takes 3 ms to load.
    file: /got\/dist\/source\/core\/utils\/http2-client\.js$/,
    replacement: "export default { auto() { throw new Error('HTTP/2 is not built in'); } };",
  },
  {
    // To pipe an answer into that of an HTTP/2 server.
    file: /got\/dist\/source\/core\/index\.js$/,
    text: "import { Http2ServerResponse, constants as http2Constants } from 'node:http2';",
    replacement: 'class Http2ServerResponse {}; const http2Constants = {};',
  },
  {
    // The option `cache`, which no call here has: what an access token opens is not kept on disk.
    file: /cacheable-request\/dist\/index\.js$/,
    replacement:
      "export class CacheError extends Error {}; export default class { constructor() { throw new Error('a cache of answers is not built in'); } };",
  },
  // MSAL's signer asks a parser of versions, 3 ms, whether Node.js is newer than 6, 15 and 16.
  ...['asymmetricKeyDetailsSupported', 'psSupported', 'rsaPssKeyDetailsSupported'].map((name) => ({
    file: new RegExp(`jsonwebtoken/lib/${name}\\.js$`),
    replacement: 'module.exports = true;',
  })),
]

export const lighten: Plugin = {
  name: 'lighten',
  setup(build) {
    const files = new Set(CHANGES.map(({ file }) => file.source))
    for (const source of files) {
      const changes = CHANGES.filter(({ file }) => file.source === source)
      build.onLoad({ filter: new RegExp(source) }, async ({ path }) => {
        let contents = await readFile(path, 'utf8')
        for (const { text = contents, replacement } of changes) {
          if (!contents.includes(text)) throw new Error(`${path} no longer has: ${text}`)
          contents = contents.replace(text, () => replacement)
        }
        return { contents, loader: 'js' }
      })
    }
  },
}
