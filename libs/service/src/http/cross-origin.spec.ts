import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseConfig } from '#libs/config';
import { createLogger } from '#libs/telemetry';
import { Lifecycle } from '../lifecycle.js';
import { platformOptions } from '../platform.config.js';
import { Readiness } from '../readiness.js';
import { FrontServer } from './front-server.js';
import { OperationsFace } from './operations-face.js';
import { RawHttp } from './raw-http.js';

const NAMED = 'https://app.example';
let front: FrontServer;
let url: string;
let reached: number;

beforeEach(async () => {
  reached = 0;
  const logger = createLogger({ service: 'test', level: 'silent' });
  const config = parseConfig(platformOptions, { ALLOWED_ORIGINS: `${NAMED}/` });
  const raw = new RawHttp(new Lifecycle());
  raw.mount((request, response) => {
    if (request.url !== '/raw') return false;
    reached++;
    response.writeHead(200, ['Content-Type', 'text/plain', 'Mcp-Session-Id', 'abc']);
    response.end('raw');
    return true;
  });
  const operations = new OperationsFace(['ingress'], new Readiness(), logger, config.INTERNAL_METRICS);
  front = new FrontServer({ config, raw, operations, logger });
  url = `http://127.0.0.1:${await front.listen(0)}`;
});
afterEach(() => front.close());

const serve = (): void =>
  front.serve((_request, response) => {
    reached++;
    response.end('ok');
  });
const preflight = (origin: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${url}/raw`, {
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': 'POST', ...headers },
  });
const listed = (response: Response, name: string): string[] => (response.headers.get(name) ?? '').split(', ');

describe('the HTTP server towards pages of other origins', () => {
  it.each([NAMED, 'http://localhost:5173', 'https://127.0.0.1', 'http://[::1]:8080'])(
    'the HTTP server answers a preflight itself when its origin is allowed: %s',
    async (origin) => {
      serve();
      const asked = 'authorization,content-type,mcp-param-region,x-upstream-key';
      const answer = await preflight(origin, { 'access-control-request-headers': asked });

      expect([answer.status, await answer.text(), reached]).toEqual([204, '', 0]);
      expect(answer.headers.get('access-control-allow-origin')).toBe(origin);
      expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
      expect(answer.headers.get('access-control-max-age')).toBe('7200');
      expect(listed(answer, 'vary')).toEqual(['Origin', 'Access-Control-Request-Headers']);
      expect(listed(answer, 'access-control-allow-methods')).toEqual(
        expect.arrayContaining(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']),
      );
      expect(listed(answer, 'access-control-allow-headers')).toEqual([
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
        'mcp-param-region',
        'x-upstream-key',
      ]);
    },
  );

  it.each(['https://evil.example', `${NAMED}.evil.example`, 'http://app.example', 'null', 'http://localhost.evil'])(
    'the HTTP server refuses a preflight when its origin is not allowed: %s',
    async (origin) => {
      serve();
      const answer = await preflight(origin);

      expect([answer.status, reached]).toEqual([403, 0]);
      expect(await answer.json()).toEqual({ detail: 'Origin not allowed', code: 'http.origin_refused' });
      expect(answer.headers.get('access-control-allow-origin')).toBeNull();
      expect(answer.headers.get('access-control-allow-headers')).toBeNull();
      expect(listed(answer, 'vary')).toContain('Origin');
    },
  );

  it('the HTTP server repeats no name of a header when it is none', async () => {
    const answer = await preflight(NAMED, { 'access-control-request-headers': 'x-good, x bad, "x", é, ,accept' });
    expect(listed(answer, 'access-control-allow-headers').slice(-2)).toEqual(['tracestate', 'x-good']);
    const long = await preflight(NAMED, { 'access-control-request-headers': 'x-a,'.repeat(2_000) });
    expect(listed(long, 'access-control-allow-headers').at(-1)).toBe('tracestate');
  });

  it.each(['/raw', '/else', '/health'])(
    'the HTTP server lets a page of an allowed origin read its answer: %s',
    async (path) => {
      serve();
      const answer = await fetch(url + path, { headers: { origin: NAMED } });

      expect(answer.status).toBe(200);
      expect(answer.headers.get('access-control-allow-origin')).toBe(NAMED);
      expect(answer.headers.get('vary')).toBe('Origin');
      expect(listed(answer, 'access-control-expose-headers')).toEqual([
        'Allow',
        'Link',
        'Location',
        'MCP-Protocol-Version',
        'Mcp-Session-Id',
        'Retry-After',
        'WWW-Authenticate',
        'X-Correlation-ID',
      ]);
      if (path === '/raw') expect(answer.headers.get('mcp-session-id')).toBe('abc');
    },
  );

  it('the HTTP server lets a page of an allowed origin read a refusal too', async () => {
    const answer = await fetch(`${url}/else`, { headers: { origin: NAMED } });
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([503, NAMED]);
  });

  it('the HTTP server allows nothing when a request comes from another origin, or from none', async () => {
    serve();
    const foreign = await fetch(`${url}/raw`, { headers: { origin: 'https://evil.example' } });
    expect([foreign.headers.get('access-control-allow-origin'), foreign.headers.get('vary')]).toEqual([null, 'Origin']);
    expect(foreign.headers.get('access-control-expose-headers')).toBeNull();
    const none = await fetch(`${url}/else`);
    expect([none.headers.get('access-control-allow-origin'), none.headers.get('vary')]).toEqual([null, 'Origin']);
  });

  it('the HTTP server passes an OPTIONS request on when it is no preflight', async () => {
    serve();
    const answer = await fetch(`${url}/raw`, { method: 'OPTIONS', headers: { origin: NAMED } });
    expect([answer.status, reached]).toEqual([200, 1]);
  });
});
