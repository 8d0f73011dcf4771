import { describe, expect, test } from 'vitest'
import { createFormTokens } from '../../../../tenant/pages/form-tokens.ts'
import { html } from '../../../../tenant/pages/html.ts'

describe('html', () => {
  test.each([
    ['<script>', '&#60;script&#62;'],
    ['"quoted"', '&#34;quoted&#34;'],
    ["it's", 'it&#39;s'],
    ['a & b', 'a &#38; b'],
    ['&lt;', '&#38;lt;'],
    [7, '7'],
  ])('escapes %j', (value, escaped) => {
    expect(html`<p>${value}</p>`.text).toBe(`<p>${escaped}</p>`)
  })

  test('takes its own as it is, alone and in lists', () => {
    const item = html`<li>${'<'}</li>`
    expect(html`<ul>${item}${[item, item]}</ul>`.text).toBe(`<ul>${'<li>&#60;</li>'.repeat(3)}</ul>`)
  })

  test('is empty where there is nothing', () => {
    expect(html`${''}${[]}`.text).toBe('')
  })
})

describe('the token of a page', () => {
  test('is good once', () => {
    const tokens = createFormTokens()
    const token = tokens.issue()
    expect([tokens.redeem(token), tokens.redeem(token)]).toEqual([true, false])
  })

  test.each(['', 'made-up', '__proto__'])('%j is none', (token) => {
    expect(createFormTokens().redeem(token)).toBe(false)
  })

  test('is another for each page, and the oldest are forgotten', () => {
    const tokens = createFormTokens()
    const issued = Array.from({ length: 201 }, () => tokens.issue())
    expect(new Set(issued).size).toBe(201)
    expect(tokens.redeem(issued[0] ?? '')).toBe(false)
    expect(tokens.redeem(issued[1] ?? '')).toBe(true)
  })
})
