import { expect, it } from 'vitest'
import { isLoopbackHost } from '../../../core/loopback.ts'

it.each(['localhost', 'LOCALHOST', '127.0.0.1', '127.9.10.199', '127.255.249.254', '::1', '[::1]'])(
  '%s is this machine',
  (host) => expect(isLoopbackHost(host)).toBe(true),
)

it.each([
  '',
  'example.com',
  '128.0.0.1',
  '10.0.0.1',
  '0.0.0.0',
  '::',
  '[::2]',
  '::ffff:127.0.0.1',
  'localhost.',
  'localhost.example.com',
  'notlocalhost',
  '127.0.0.1.example.com',
  '127.evil.example',
  'evil.127.0.0.1',
  '1127.0.0.1',
  '127.0.0.1.1',
  '127.0.0.256',
  '127.0.0.01',
  '127.0.0.',
  '127.1',
  '0177.0.0.1',
  '2130706433',
  'localhost:443',
  '[localhost]',
  '[127.0.0.1]',
  '[::1',
  '::1]',
  '[[::1]]',
  '127.0.0.1@example.com',
])('%j is not taken for this machine', (host) => expect(isLoopbackHost(host)).toBe(false))

it('holds for what a URL makes of other spellings, because they reach this machine', () => {
  for (const url of ['https://127.1/', 'https://0x7f.1/', 'https://2130706433/', 'https://LocalHost/'])
    expect(isLoopbackHost(new URL(url).hostname)).toBe(true)
})
