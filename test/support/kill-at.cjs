/**
 * Loaded with `node --require` before the program: counts each write to the disk and each request, and kills the process at
 * the one that KILL_AT names. `before` it starts, or `after` it is done. With KILL_AT=0 it writes down what it saw, to KILL_LOG.
 */
const fs = require('node:fs')
const https = require('node:https')
const http = require('node:http')

const wanted = Number(process.env.KILL_AT)
const when = process.env.KILL_WHEN
let count = 0

const die = () => process.kill(process.pid, 'SIGKILL')

function seen(what) {
  count += 1
  if (wanted === 0) fs.appendFileSync(process.env.KILL_LOG, `${count} ${what}\n`)
  return count === wanted
}

for (const name of ['open', 'rename', 'link', 'unlink', 'rm', 'mkdir', 'chmod']) {
  const real = fs.promises[name]
  fs.promises[name] = async (...args) => {
    const isRead = name === 'open' && (args[1] === undefined || args[1] === 'r')
    // The caches of tokens and of compiled code are nobody's state.
    const counts = !isRead && !/\/(tokens|compile-cache)(\/|$)/.test(String(args[0]))
    const hit = counts && seen(`${name} ${args[0]}`)
    if (hit && when === 'before') die()
    // Also after one that fails: a folder that is there already is a step like any other.
    try {
      return await real.apply(fs.promises, args)
    } finally {
      if (hit && when === 'after') die()
    }
  }
}

for (const library of [https, http]) {
  const real = library.request
  library.request = (...args) => {
    const request = real.apply(library, args)
    const hit = seen(`request ${request.method} ${request.path}`)
    if (hit && when === 'before') die()
    // The server has done it, and the program does not learn of it.
    if (hit) request.prependListener('response', die)
    return request
  }
}
