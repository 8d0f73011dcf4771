import type { RequestListener } from 'node:http'

/** What can stand where the todo API should be; the first part of the path says which. */
export const oddApi: RequestListener = (request, response) => {
  const [, what] = (request.url ?? '').split('/')
  switch (what) {
    case 'reset':
      request.socket.destroy()
      return
    case 'silent':
      return
    case 'html':
      response.setHeader('content-type', 'text/html').end('<html>Welcome</html>')
      return
    case 'empty':
      response.setHeader('content-type', 'application/json').end('[]')
      return
    case 'shape':
      response.setHeader('content-type', 'application/json').end('{"todos":[]}')
      return
    case 'redirect':
      response.writeHead(302, { location: '/html' }).end()
      return
    default:
      response.writeHead(Number(what) || 404, { 'www-authenticate': 'Bearer' }).end()
  }
}
