/** The proxy variables, as every program understands them; Node's agents alone would pass over some forms in silence. */
import { AppError } from '../core/errors.ts'

/** Variables by their names. */
export type ProxyEnv = Readonly<Record<string, string | undefined>>

/**
 * The proxy variables alone, for Node's agents.
 *
 * @throws AppError `setting-invalid` for an address of no proxy; it may hold a password, so it is never repeated
 */
export function proxyEnv(env: ProxyEnv): ProxyEnv {
  return Object.fromEntries([
    ...['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy'].flatMap((name) =>
      env[name] ? [[name, address(name, env[name])]] : [],
    ),
    ...['NO_PROXY', 'no_proxy'].flatMap((name) => (env[name] ? [[name, hosts(env[name])]] : [])),
  ])
}

/** `proxy.corp:3128` is http://proxy.corp:3128, as for curl. Node takes it for no proxy at all, and goes around it. */
function address(name: string, text: string): string {
  const whole = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`
  const { protocol, hostname } = URL.canParse(whole) ? new URL(whole) : { protocol: '', hostname: '' }
  if (/^https?:$/.test(protocol) && hostname !== '') return whole
  const scheme = /^[a-z][a-z0-9+.-]*$/.exec(protocol.slice(0, -1))?.[0]
  throw new AppError(
    'setting-invalid',
    scheme === undefined || /^https?$/.test(scheme)
      ? `${name} is not the address of a proxy`
      : `${name} names a proxy of the kind ${scheme}, and only http and https are known here`,
    {
      hint: `export ${name}=http://HOST:PORT (with a login: http://USER:PASSWORD@HOST:PORT, what is special in them written as %40)`,
    },
  )
}

/** `example.com` means its subdomains, too, as for curl and Go; for Node it is that host alone. */
function hosts(text: string): string {
  return text
    .split(/[\s,]+/)
    .filter(Boolean)
    .flatMap((host) => (/^[a-z][a-z0-9-]*(\.[a-z0-9-]+)+$/i.test(host) ? [host, `.${host}`] : [host]))
    .join(',')
}
