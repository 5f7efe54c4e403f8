import type { HttpToolSource } from '#libs/contracts';

/** An operation of an HTTP API without parameters: `GET /t`. */
export const HTTP_TOOL: HttpToolSource = {
  key: 'GET /t',
  argumentsSchema: { type: 'object' },
  binding: {
    method: 'GET',
    baseUrl: null,
    path: '/t',
    parameters: [],
    body: null,
    others: 'refused',
    headers: {},
    security: null,
  },
};
