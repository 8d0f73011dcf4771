/** The page where a person approves or denies a device code. Plain forms: no script, every part by keyboard. */
import type { Directory } from '../directory.ts'
import type { Answer, TenantRequest } from '../http/exchange.ts'
import { storeConsent } from '../issuer/consent.ts'
import type { DeviceRequest, DeviceRequests } from '../issuer/device-requests.ts'
import { type UserScope, userScope } from '../issuer/user-scope.ts'
import type { Collection } from '../store.ts'
import type { User } from '../users.ts'
import type { FormTokens } from './form-tokens.ts'
import { Html, html } from './html.ts'

export interface DevicePageDeps {
  readonly directory: Directory
  readonly users: Collection<User>
  readonly deviceRequests: DeviceRequests
  readonly formTokens: FormTokens
  readonly tenantId: string
}

/** The first page: which code. */
export function askForCode({ query }: TenantRequest, { formTokens }: DevicePageDeps): Answer {
  return codePage(200, formTokens, query.get('user_code') ?? '')
}

/** The second page: who asks for what, and who approves. */
export async function askForDecision(request: TenantRequest, deps: DevicePageDeps): Promise<Answer> {
  const form = await readOwnForm(request, deps.formTokens)
  if (form === undefined) return refused()
  const code = form.get('user_code') ?? ''
  const waiting = findWaiting(code, deps)
  if (waiting === undefined)
    return codePage(404, deps.formTokens, '', 'That code is not known, or has expired.')
  const { device, clientName, scope } = waiting
  return page(
    200,
    'Approve this sign-in?',
    html`<p><strong>${clientName}</strong> asks to act for you. Approve only if you started this yourself.</p>
<p>It wants to use <strong>${scope.resource.displayName}</strong> with:</p>
<ul>${[...scope.scopes, ...scope.openid].map((name) => html`<li>${name}</li>`)}</ul>
<form method="post" action="/device/decision">
<input type="hidden" name="token" value="${deps.formTokens.issue()}">
<input type="hidden" name="user_code" value="${device.userCode}">
<fieldset><legend>Sign in as</legend>${deps.users.all().map(userChoice)}</fieldset>
<button name="decision" value="approve">Approve</button>
<button name="decision" value="deny">Deny</button>
</form>`,
  )
}

function userChoice({ id, displayName, userPrincipalName }: User, index: number): Html {
  const checked = new Html(index === 0 ? ' checked' : '')
  return html`<p><label><input type="radio" name="user" value="${id}"${checked}> ${displayName} (${userPrincipalName})</label></p>`
}

export async function decide(request: TenantRequest, deps: DevicePageDeps): Promise<Answer> {
  const form = await readOwnForm(request, deps.formTokens)
  if (form === undefined) return refused()
  const waiting = findWaiting(form.get('user_code') ?? '', deps)
  if (waiting === undefined)
    return codePage(404, deps.formTokens, '', 'That code is not known, or has expired.')
  const { device, principal, scope } = waiting
  const user = deps.users.get(form.get('user') ?? '')
  const decision = form.get('decision')
  if (decision === 'deny') {
    deps.deviceRequests.decide(device, 'denied')
    return page(200, 'Denied', html`<p>The sign-in was denied. You can close this page.</p>`)
  }
  if (decision !== 'approve' || user === undefined) return refused()
  storeConsent({ principal, resource: scope.resource, userId: user.id }, scope.scopes, deps.directory)
  deps.deviceRequests.decide(device, { userId: user.id })
  return page(
    200,
    'Approved',
    html`<p>You are signed in as ${user.displayName}. You can close this page.</p>`,
  )
}

interface Waiting {
  readonly device: DeviceRequest
  readonly clientName: string
  readonly principal: NonNullable<ReturnType<Directory['servicePrincipalOf']>>
  readonly scope: UserScope
}

function findWaiting(
  code: string,
  { deviceRequests, directory, tenantId }: DevicePageDeps,
): Waiting | undefined {
  const device = deviceRequests.waiting(code)
  const client = device && directory.applicationOf(device.clientId)
  const principal = device && directory.servicePrincipalOf(device.clientId)
  if (device === undefined || client === undefined || principal === undefined) return undefined
  return {
    device,
    principal,
    clientName: client.displayName,
    scope: userScope(device.scope, directory, tenantId, client),
  }
}

/** A form of this page's own: sent from this origin, with the token of a page that was shown, once. */
async function readOwnForm(request: TenantRequest, tokens: FormTokens): Promise<URLSearchParams | undefined> {
  const { origin, 'sec-fetch-site': site } = request.headers
  const sameOrigin = origin === undefined ? site === 'same-origin' : origin === `http://${request.host}`
  if (!sameOrigin) return undefined
  const form = new URLSearchParams((await request.body()).toString())
  return tokens.redeem(form.get('token') ?? '') ? form : undefined
}

function codePage(status: number, tokens: FormTokens, code: string, error?: string): Answer {
  const answer = page(
    status,
    'Enter the code',
    html`${error === undefined ? '' : html`<p role="alert">${error}</p>`}
<form method="post" action="/device">
<input type="hidden" name="token" value="${tokens.issue()}">
<p><label>The code that your device or app shows<br>
<input name="user_code" value="${code}" required autofocus autocomplete="off" spellcheck="false"></label></p>
<button>Next</button>
</form>`,
  )
  return error === undefined ? answer : { ...answer, note: { reason: error } }
}

function refused(): Answer {
  const answer = page(
    403,
    'Not taken',
    html`<p role="alert">This form was sent from elsewhere, or twice. <a href="/device">Begin again</a></p>`,
  )
  return { ...answer, note: { reason: 'a form from another origin, or without the token of its page' } }
}

function page(status: number, title: string, body: Html): Answer {
  const { text } = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} - local tenant</title><link rel="stylesheet" href="/style.css"></head>
<body><main><p>Local tenant (development only)</p><h1>${title}</h1>
${body}
</main></body></html>
`
  return { status, headers: HEADERS, body: text }
}

/** Nothing from elsewhere, no script, no frame, forms to this origin only. */
const HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
  'referrer-policy': 'same-origin',
  'x-frame-options': 'DENY',
}

export const STYLE: Answer = {
  status: 200,
  headers: { 'content-type': 'text/css; charset=utf-8' },
  body: `body { font: 1.1rem/1.5 system-ui, sans-serif; margin: 0; color-scheme: light dark }
main { max-width: 34rem; margin: 2rem auto; padding: 0 1rem }
input, button { font: inherit; padding: .4rem .6rem }
button { margin-right: .6rem }
[role=alert] { font-weight: bold }
`,
}
