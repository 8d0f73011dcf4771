/** The refusals of the API as responses of its description, one for each status. */

const DESCRIPTIONS: Readonly<Record<number, string>> = {
  400: 'The header, the query or the body is malformed.',
  401: 'There is no access token, or a bad one.',
  403: 'The token lacks the permission, or its client app is not on the allow-list.',
  404: "There is no such todo, or it is another user's.",
  412: 'The todo has another version than If-Match names, or one that If-None-Match names; a list has none.',
  413: 'The body is larger than 16 kB.',
  415: 'The body is not JSON.',
  422: 'The Idempotency-Key was used for another body.',
  429: 'The client app has sent too many requests.',
  500: 'Something went wrong in the API.',
  503: "The store, or the issuer's keys, can not be had now.",
}

const HEADERS: Readonly<Record<number, readonly string[]>> = {
  400: ['WWW-Authenticate'],
  401: ['WWW-Authenticate'],
  403: ['WWW-Authenticate'],
  415: ['Accept-Patch'],
  429: ['Retry-After'],
  503: ['Retry-After'],
}

export const PROBLEM_RESPONSES = Object.fromEntries(
  Object.entries(DESCRIPTIONS).map(([status, description]) => [
    `Problem${status}`,
    {
      description,
      headers: Object.fromEntries(
        ['X-Request-Id', ...(HEADERS[Number(status)] ?? [])].map((name) => [
          name,
          { $ref: `#/components/headers/${name}` },
        ]),
      ),
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    },
  ]),
)

export function problemRefs(statuses: readonly number[]): Record<string, { $ref: string }> {
  return Object.fromEntries(
    statuses.map((status) => [String(status), { $ref: `#/components/responses/Problem${status}` }]),
  )
}
