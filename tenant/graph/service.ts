import type { Answer, TenantRequest } from '../http/exchange.ts'
import type { Service } from '../http/listen.ts'
import { route } from '../http/router.ts'
import { getApplication, listApplications, updateApplication } from './applications.ts'
import { type GraphContext, type GraphDeps, openContext } from './context.ts'
import { answerGraphError, badRequest } from './errors.ts'

/** Microsoft Graph, as far as app registrations need it: what graph.microsoft.com answers. */
export function graphService(deps: GraphDeps): Service {
  const checked =
    (handler: (context: GraphContext) => Answer | Promise<Answer>) => async (request: TenantRequest) =>
      handler(await openContext(request, deps))
  return {
    name: 'graph',
    routes: [
      route('GET', '/v1.0/applications', checked(listApplications)),
      route('GET', "/v1.0/applications(appId=':appId')", checked(getApplication)),
      route('PATCH', "/v1.0/applications(appId=':appId')", checked(updateApplication)),
      route('GET', '/v1.0/applications/:id', checked(getApplication)),
      route('PATCH', '/v1.0/applications/:id', checked(updateApplication)),
    ],
    answerError: (error, request) => answerGraphError(error, request, deps.clock),
    answerNotFound: (request) =>
      answerGraphError(
        badRequest(`Resource not found for the segment '${request.path.split('/').at(-1)}'.`),
        request,
        deps.clock,
      ),
    headers: ({ id }) => ({
      'cache-control': 'no-cache',
      'request-id': id,
      'client-request-id': id,
      'odata-version': '4.0',
      'x-content-type-options': 'nosniff',
      'strict-transport-security': 'max-age=31536000',
    }),
  }
}
