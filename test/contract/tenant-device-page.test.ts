import { access, constants } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, type TestContext, test } from 'vitest'
import { withTenant } from '../support/tenant.ts'
import { ask, claimsOf } from '../support/tenant-client.ts'

const tenant = withTenant()
let browser: Browser | undefined

/** Debian's Chromium, where it is in the PATH. */
async function installedChromium(): Promise<string | undefined> {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const file = join(folder, 'chromium')
    if (
      await access(file, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return file
  }
  return undefined
}

beforeAll(async () => {
  const executablePath = await installedChromium()
  if (executablePath === undefined) return
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] })
})
afterAll(async () => {
  await browser?.close()
})

async function opened({ skip }: TestContext, url: string): Promise<Page> {
  if (browser === undefined) return skip('chromium is not installed')
  const context = await browser.newContext({ javaScriptEnabled: false })
  const page = await context.newPage()
  await page.goto(url)
  return page
}
async function started() {
  const { tokenEndpoint, publicClient, api } = tenant()
  const form = { client_id: publicClient.appId, scope: `${api.identifierUri}/ToDoList.Read` }
  const { body } = await ask(tenant(), tokenEndpoint.replace(/token$/, 'devicecode'), {
    body: new URLSearchParams(form),
  })
  return body
}
const poll = (device_code: string) => {
  const form = { grant_type: 'device_code', client_id: tenant().publicClient.appId, device_code }
  return ask(tenant(), tenant().tokenEndpoint, { body: new URLSearchParams(form) })
}
const devicePage = () => `http://localhost:${tenant().ports.pages}/device`

describe('in a browser, without script, by keyboard alone', () => {
  test('a person types the code, chooses Bob, and approves', async (context) => {
    const { user_code, device_code, verification_uri } = await started()
    const page = await opened(context, verification_uri)
    const field = page.getByLabel(/The code/)
    expect(await field.evaluate((element) => element.matches(':focus'))).toBe(true)
    await page.keyboard.type(user_code)
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Approve this sign-in?' }).waitFor()
    expect(await page.getByText('ToDoList.Read', { exact: true }).isVisible()).toBe(true)
    await page.keyboard.press('Tab')
    await page.keyboard.press('ArrowDown')
    expect(await page.getByLabel(/Bob Brown/).isChecked()).toBe(true)
    await page.keyboard.press('Tab')
    expect(
      await page.getByRole('button', { name: 'Approve' }).evaluate((button) => button.matches(':focus')),
    ).toBe(true)
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Approved' }).waitFor()
    const { body } = await poll(device_code)
    expect(claimsOf(body.access_token)).toMatchObject({ oid: tenant().users[1]?.id, scp: 'ToDoList.Read' })
  })

  test('a person denies', async (context) => {
    const { user_code, device_code } = await started()
    const page = await opened(context, `${devicePage()}?user_code=${user_code}`)
    await page.getByRole('button', { name: 'Next' }).press('Enter')
    await page.getByRole('button', { name: 'Deny' }).press('Enter')
    await page.getByRole('heading', { name: 'Denied' }).waitFor()
    expect((await poll(device_code)).body.error).toBe('authorization_declined')
  })

  test('a wrong code is said, and can be typed again', async (context) => {
    const page = await opened(context, devicePage())
    await page.getByLabel(/The code/).fill('WRONGCODE')
    await page.getByRole('button', { name: 'Next' }).click()
    expect(await page.getByRole('alert').textContent()).toContain('not known')
    expect(await page.getByLabel(/The code/).isVisible()).toBe(true)
  })

  test('a page from elsewhere can neither frame it nor send its form', async (context) => {
    const { user_code, device_code } = await started()
    const page = await opened(context, 'about:blank')
    await page.setContent(
      `<form method="post" action="${devicePage()}"><input name="user_code" value="${user_code}"><button>Go</button></form>`,
    )
    await page.getByRole('button', { name: 'Go' }).click()
    await page.getByRole('heading', { name: 'Not taken' }).waitFor()
    await page.goto('about:blank')
    await page.setContent(`<iframe src="${devicePage()}"></iframe>`)
    const [, frame] = page.frames()
    expect(await frame?.getByLabel(/The code/).count()).toBe(0)
    expect((await poll(device_code)).body.error).toBe('authorization_pending')
  })
})
