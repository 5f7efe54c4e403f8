import createClient from 'openapi-fetch';
import type { components, paths } from './schema.ts';

/** What the API shows of a thing, by the name that the OpenAPI document has for it. */
export type View<Name extends keyof components['schemas']> = components['schemas'][Name];

/** The gateway's own address, below whatever path an edge has put before it. */
export const gatewayUrl = new URL('..', document.baseURI).href.replace(/\/$/, '');

/** Where MCP clients go: a virtual server or, without its id, everything that its caller may see. */
export const endpointUrl = (serverId: string | null): string =>
  serverId === null ? `${gatewayUrl}/mcp` : `${gatewayUrl}/servers/${encodeURIComponent(serverId)}/mcp`;

/** The REST API; the browser adds the cookie of the session, which no script sees. */
export const api = createClient<paths>({ baseUrl: gatewayUrl, headers: { 'X-Switchyard-UI': '1' } });

/** An answer that is none: what went wrong in words, by which name, and by which id the gateway's log has it. */
export class ApiFailure extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly correlationId: string | null = null,
  ) {
    super(message);
  }
}

interface Answer<Data> {
  readonly data?: Data;
  readonly error?: unknown;
  readonly response: Response;
}

/** What was asked for. Throws an `ApiFailure` for a refusal, and where no answer comes at all (status 0). */
export const answerOf = async <Data>(asking: Promise<Answer<Data>>): Promise<Data> => {
  const { data, error, response } = await asking.catch((cause: unknown) => {
    throw cause instanceof DOMException && cause.name === 'AbortError'
      ? cause
      : new ApiFailure(0, 'console.offline', 'The gateway does not answer');
  });
  if (response.ok) return data as Data;
  const { detail, code } = (typeof error === 'object' && error !== null ? error : {}) as Record<string, unknown>;
  throw new ApiFailure(
    response.status,
    typeof code === 'string' ? code : 'console.unexpected',
    typeof detail === 'string' ? detail : `The gateway answered with ${response.status}`,
    response.headers.get('x-correlation-id'),
  );
};
