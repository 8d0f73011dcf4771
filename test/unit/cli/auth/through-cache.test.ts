import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { throughCache } from '../../../../cli/auth/through-cache.ts'
import { type KeptToken, TokenCache, type TokenKey } from '../../../../cli/auth/token-cache.ts'
import { AppError } from '../../../../core/errors.ts'
import { appError } from '../../../support/app-error.ts'
import { temporaryHome } from '../../../support/cli.ts'

const { folder } = temporaryHome()
let count = 0
const newCache = () => {
  count += 1
  return new TokenCache(join(folder, String(count)), () => {})
}

const key: TokenKey = {
  authority: 'https://login.microsoftonline.com/contoso',
  clientId: 'client',
  scope: 'api://x/.default',
  credential: 'secret:1',
  account: '',
  trust: '',
}
const { signal } = new AbortController()
const token = (name: string, minutes = 60): KeptToken => ({
  token: `${name}.${name}.sig`,
  expiresAt: new Date(Date.now() + minutes * 60_000),
})

/** Gives tokens in turn, and counts. */
function issuer(...tokens: KeptToken[]) {
  let asked = 0
  return {
    asked: () => asked,
    acquire: async () => {
      const next = tokens[Math.min(asked, tokens.length - 1)] as KeptToken
      asked += 1
      return next
    },
  }
}

describe('a token through the cache', () => {
  it('is asked for once, and then is in it', async () => {
    const cache = newCache()
    const { asked, acquire } = issuer(token('one'), token('two'))
    const first = await throughCache({ cache, key, signal, refused: undefined }, acquire)
    const second = await throughCache({ cache, key, signal, refused: undefined }, acquire)
    expect([first.token, first.fromCache, second.token, second.fromCache]).toEqual([
      'one.one.sig',
      false,
      'one.one.sig',
      true,
    ])
    expect(asked()).toBe(1)
  })

  it('is asked for once where many want it at the same time: who waited looks again', async () => {
    const cache = newCache()
    const { asked, acquire } = issuer(token('one'), token('two'))
    const all = await Promise.all(
      Array.from({ length: 8 }, () => throughCache({ cache, key, signal, refused: undefined }, acquire)),
    )
    expect(new Set(all.map((each) => each.token)).size).toBe(1)
    expect(asked()).toBe(1)
  })

  it('that is in it is given at once, though another process asks for one', async () => {
    const cache = newCache()
    await cache.set(key, token('kept'))
    const lock = await cache.lock(key, signal)
    const { acquire } = issuer(token('new'))
    const got = await throughCache({ cache, key, signal, refused: undefined }, acquire)
    lock.release()
    expect(got).toMatchObject({ token: 'kept.kept.sig', fromCache: true })
  })

  it('is got, and kept nowhere, where nothing can be locked or kept', async () => {
    const file = join(folder, 'a file')
    writeFileSync(file, '')
    const warnings: string[] = []
    const cache = new TokenCache(join(file, 'tokens'), (line) => warnings.push(line))
    const { acquire } = issuer(token('one'))
    const got = await throughCache({ cache, key, signal, refused: undefined }, acquire)
    expect(got).toMatchObject({ token: 'one.one.sig', fromCache: false })
    expect(warnings.at(-1)).toMatch(/^the token can not be kept: /)
  })

  it('that the API refused is not given again, and the new one takes its place', async () => {
    const cache = newCache()
    await cache.set(key, token('refused'))
    const { acquire } = issuer(token('new'))
    const refused = 'refused.refused.sig'
    expect(await throughCache({ cache, key, signal, refused }, acquire)).toMatchObject({ fromCache: false })
    expect((await cache.get(key))?.token).toBe('new.new.sig')
  })

  it('that the API refused is not asked for again where another process has got a new one meanwhile', async () => {
    const cache = newCache()
    await cache.set(key, token('new'))
    const { asked, acquire } = issuer(token('third'))
    const got = await throughCache({ cache, key, signal, refused: 'old.old.sig' }, acquire)
    expect([got.token, asked()]).toEqual(['new.new.sig', 0])
  })

  it('that is about to end is not given', async () => {
    const cache = newCache()
    await cache.set(key, token('old', 4))
    const { acquire } = issuer(token('new'))
    expect((await throughCache({ cache, key, signal, refused: undefined }, acquire)).token).toBe(
      'new.new.sig',
    )
  })

  it('is asked for each time without a cache, and kept nowhere', async () => {
    const { asked, acquire } = issuer(token('one'))
    for (let times = 0; times < 2; times += 1)
      await throughCache({ cache: undefined, key, signal, refused: undefined }, acquire)
    expect(asked()).toBe(2)
  })

  it('that could not be had leaves the lock to the next, and nothing in the cache', async () => {
    const cache = newCache()
    const request = { cache, key, signal, refused: undefined }
    await appError('issuer-refused', () =>
      throughCache(request, async () => {
        throw new AppError('issuer-refused', 'no')
      }),
    )
    expect(await cache.get(key)).toBeUndefined()
    const { acquire } = issuer(token('one'))
    expect(await throughCache(request, acquire)).toMatchObject({ fromCache: false })
  })

  it('is not waited for after Ctrl-C', async () => {
    const cache = newCache()
    const lock = await cache.lock(key, signal)
    const stop = new AbortController()
    const { asked, acquire } = issuer(token('one'))
    const waiting = throughCache({ cache, key, signal: stop.signal, refused: undefined }, acquire)
    stop.abort()
    await expect(waiting).rejects.toThrow(/abort/)
    lock.release()
    expect(asked()).toBe(0)
  })
})
