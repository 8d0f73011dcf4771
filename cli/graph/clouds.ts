/**
 * The clouds of Microsoft: where each signs in, where its Graph is, where its portal is.
 *
 * https://learn.microsoft.com/graph/deployments
 */
import { AppError } from '../../core/errors.ts'
import { webAddress } from '../settings.ts'

export interface Cloud {
  readonly authorityHost: string
  readonly graphUrl: string
  readonly portalUrl: string
}

const CLOUDS: Readonly<Record<string, Cloud>> = {
  public: {
    authorityHost: 'https://login.microsoftonline.com',
    graphUrl: 'https://graph.microsoft.com/v1.0',
    portalUrl: 'https://entra.microsoft.com',
  },
  usgov: {
    authorityHost: 'https://login.microsoftonline.us',
    graphUrl: 'https://graph.microsoft.us/v1.0',
    portalUrl: 'https://entra.microsoft.us',
  },
  'usgov-dod': {
    authorityHost: 'https://login.microsoftonline.us',
    graphUrl: 'https://dod-graph.microsoft.us/v1.0',
    portalUrl: 'https://entra.microsoft.us',
  },
  china: {
    authorityHost: 'https://login.partner.microsoftonline.cn',
    graphUrl: 'https://microsoftgraph.chinacloudapi.cn/v1.0',
    portalUrl: 'https://entra.microsoftonline.cn',
  },
}

/** Addresses that a cloud gives; undefined where `--graph-url` and the authority settings decide. */
export function cloudNamed(text: string | undefined): Partial<Cloud> {
  if (text === undefined) return {}
  if (Object.hasOwn(CLOUDS, text)) return { ...CLOUDS[text] }
  if (/^https?:/i.test(text)) return { authorityHost: new URL(webAddress()(text, '--cloud')).origin }
  throw new AppError('usage', `there is no cloud "${text.slice(0, 64)}"`, {
    hint: `--cloud ${Object.keys(CLOUDS).join(', ')}, or the address of its sign-in: --cloud https://login.example --graph-url URL`,
  })
}

/** The portal that belongs to a Graph; the public one's for addresses that no cloud has. */
export function portalOf(graphUrl: string): string {
  const cloud = Object.values(CLOUDS).find((each) => each.graphUrl === graphUrl)
  return cloud?.portalUrl ?? 'https://entra.microsoft.com'
}

/** Where an app's registration is in the portal. */
export function portalLink(graphUrl: string, appId: string): string {
  return `${portalOf(graphUrl)}/#view/Microsoft_AAD_RegisteredApps/ApplicationMenuBlade/~/Overview/appId/${appId}`
}
