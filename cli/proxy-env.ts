/** Variables by their names. */
export type ProxyEnv = Readonly<Record<string, string | undefined>>

/** The proxy variables alone, for Node's agents. */
export function proxyEnv(env: ProxyEnv): ProxyEnv {
  const names = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy', 'NO_PROXY', 'no_proxy']
  return Object.fromEntries(names.flatMap((name) => (env[name] ? [[name, env[name]]] : [])))
}
