import type { IncomingMessage, ServerResponse } from 'node:http';
import { fail } from '#libs/errors';
import type { AllowedOrigins } from './allowed-origins.js';
import { refuse } from './refuse.js';

const METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE';
/** What MCP clients send. Pages may send more: the upstreams' own headers have any name. */
const REQUEST_HEADERS = [
  'Accept',
  'Authorization',
  'Content-Type',
  'Last-Event-ID',
  'MCP-Protocol-Version',
  'Mcp-Method',
  'Mcp-Name',
  'Mcp-Session-Id',
  'X-Correlation-ID',
  'baggage',
  'traceparent',
  'tracestate',
];
const KNOWN = new Set(REQUEST_HEADERS.map((name) => name.toLowerCase()));
const EXPOSED = [
  'Allow',
  'Link',
  'Location',
  'MCP-Protocol-Version',
  'Mcp-Session-Id',
  'Retry-After',
  'WWW-Authenticate',
  'X-Correlation-ID',
].join(', ');
/** The longest that browsers keep a preflight's answer: https://fetch.spec.whatwg.org/#cors-preflight-cache */
const MAX_AGE_SECONDS = '7200';
const ASKED_CHARS_MAX = 4_096;
const TOKEN = /^[\w!#$%&'*+.^`|~-]{1,256}$/;

/**
 * Lets the pages of allowed origins read what they are answered: https://fetch.spec.whatwg.org/#http-cors-protocol.
 * Credentials of the browser's own (cookies) are never allowed: a page shows a token that it has.
 */
export class CrossOrigin {
  constructor(private readonly origins: AllowedOrigins) {}

  /** Marks the answer to a request with `Origin`; true when it was a preflight, which is then answered. */
  answer(request: IncomingMessage, response: ServerResponse, origin: string): boolean {
    const asked = request.headers['access-control-request-method'];
    const isPreflight = request.method === 'OPTIONS' && asked !== undefined;
    const isAllowed = this.origins.allows(origin);
    response.setHeader('Vary', isPreflight ? 'Origin, Access-Control-Request-Headers' : 'Origin');
    if (isAllowed) response.setHeader('Access-Control-Allow-Origin', origin);
    if (!isPreflight) {
      if (isAllowed) response.setHeader('Access-Control-Expose-Headers', EXPOSED);
      return false;
    }
    if (isAllowed) allow(request, response);
    else refuse(response, fail('http.origin_refused'));
    if (!request.complete) request.resume();
    return true;
  }
}

const allow = ({ headers }: IncomingMessage, response: ServerResponse): void => {
  response.writeHead(204, {
    'Access-Control-Allow-Methods': METHODS,
    'Access-Control-Allow-Headers': [...REQUEST_HEADERS, ...others(headers['access-control-request-headers'])].join(
      ', ',
    ),
    'Access-Control-Max-Age': MAX_AGE_SECONDS,
  });
  response.end();
};

/** The names that a page wants to send besides those that are always allowed: `Mcp-Param-*`, and an upstream's own. */
const others = (asked: string | undefined): readonly string[] => {
  if (asked === undefined || asked.length > ASKED_CHARS_MAX) return [];
  const names = asked.split(',').map((name) => name.trim());
  return names.filter((name) => TOKEN.test(name) && !KNOWN.has(name.toLowerCase()));
};
