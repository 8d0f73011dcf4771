import { authorityOf } from '../auth/authority.ts'
import { discover } from '../auth/discovery.ts'
import type { Context } from '../context.ts'
import type { Check } from './check.ts'
import type { Found } from './checks.ts'

/** The issuer is reached (DNS, proxy, TLS), and its metadata belongs to the authority. */
export const issuerCheck = (context: Context, found: Found): Check => ({
  name: 'issuer',
  needs: ['settings'],
  async run() {
    const authority = authorityOf(await context.settings())
    const { issuer, date, tenantId } = await discover(authority, await context.http())
    found.tenantId = tenantId
    if (date !== undefined) found.issuerDate = date
    return { status: 'ok', seen: issuer }
  },
})

/** Seconds of skew that Entra forgives an assertion. */
const FORGIVEN = 300

/** This machine's clock against the issuer's Date header: an assertion that is not within its time is AADSTS700024. */
export const clockCheck = (found: Found): Check => ({
  name: 'clock',
  needs: ['issuer'],
  async run() {
    if (found.issuerDate === undefined)
      return { status: 'warn', seen: 'the issuer does not say what time it is' }
    const skew = Math.round((Date.now() - found.issuerDate.getTime()) / 1000)
    const said = `${Math.abs(skew)} s ${skew < 0 ? 'behind' : 'ahead of'} the issuer`
    if (Math.abs(skew) > FORGIVEN) {
      return {
        status: 'fail',
        seen: `this machine's clock is ${said}`,
        next: 'set the clock: sudo timedatectl set-ntp true',
      }
    }
    return { status: Math.abs(skew) > 60 ? 'warn' : 'ok', seen: said }
  },
})
