import got, { type Response } from 'got'

/** What a browser without script does on the device page. `change` breaks a step. */
export interface PageVisit {
  readonly decision?: 'approve' | 'deny' | string
  readonly user?: string
  readonly headers?: Record<string, string>
  readonly token?: string
}

const options = { throwHttpErrors: false, retry: { limit: 0 } } as const

export const openPage = (url: string) => got(url, options)

export function hidden(body: string, name: string): string {
  return new RegExp(`name="${name}" value="([^"]*)"`).exec(body)?.[1] ?? ''
}

export function sendForm(url: string, fields: Record<string, string>, headers: Record<string, string> = {}) {
  return got.post(url, { ...options, form: fields, headers: { origin: new URL(url).origin, ...headers } })
}

/** Enters the code and decides. Returns the last page. */
export async function visit(
  pageUrl: string,
  userCode: string,
  { decision = 'approve', user, headers, token }: PageVisit = {},
): Promise<Response<string>> {
  const first = await openPage(pageUrl)
  const second = await sendForm(pageUrl, { user_code: userCode, token: hidden(first.body, 'token') }, headers)
  if (second.statusCode !== 200) return second
  const chosen = user ?? hidden(second.body, 'user')
  return sendForm(
    `${pageUrl}/decision`,
    { user_code: userCode, token: token ?? hidden(second.body, 'token'), user: chosen, decision },
    headers,
  )
}
