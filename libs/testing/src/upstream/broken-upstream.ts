import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { type DoubleRequest, type McpDouble, startMcpDouble } from './mcp-double.js';

type Break = (request: DoubleRequest) => void;

const json = { 'content-type': 'application/json' };
const sse = { 'content-type': 'text/event-stream' };

const body = (res: ServerResponse, text: string | Buffer, headers: Record<string, string> = json): void => {
  res.writeHead(200, { ...headers, 'content-length': String(Buffer.byteLength(text)) });
  res.end(text);
};

const result = (id: string, members: string): string =>
  `{"jsonrpc":"2.0","id":${id},"result":{${members},"resultType":"complete"}}`;

const content = (text: string): string => `"content":[{"type":"text","text":${JSON.stringify(text)}}]`;
const text = (id: string, said = 'broken'): string => result(id, content(said));
const event = (data: string): string => `event: message\ndata: ${data}\n\n`;

const status =
  (code: number, headers: Record<string, string> = {}): Break =>
  ({ res }) => {
    res.writeHead(code, headers).end();
  };

/** Calls `tick` again and again until the other side has gone. */
const forever = (res: ServerResponse, everyMs: number, tick: () => void): void => {
  const timer = setInterval(tick, everyMs);
  res.once('close', () => clearInterval(timer));
};

const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;
const bombOf = (bytes: number): Buffer => gzipSync(Buffer.alloc(bytes, 0x20), { level: 9 });

/** What is wrong with the answer to a call. */
const answers = {
  'hang-before-headers': () => {},
  'hang-mid-body': ({ res, id }) => {
    res.writeHead(200, json);
    res.write(text(id).slice(0, 30));
  },
  'hang-mid-sse': ({ res }) => {
    res.writeHead(200, sse);
    res.write('event: message\ndata: {"jsonrpc":');
  },
  garbage: ({ res }) => body(res, 'this is {not JSON'),
  empty: ({ res }) => body(res, ''),
  html: ({ res }) => body(res, '<!doctype html><title>Welcome</title>', { 'content-type': 'text/html' }),
  'huge-result': ({ res, id }) => body(res, text(id, 'x'.repeat(5_000_000))),
  'endless-body': ({ res, id }) => {
    res.writeHead(200, json);
    res.write(`{"jsonrpc":"2.0","id":${id},"result":{"content":[{"type":"text","text":"`);
    const chunk = 'x'.repeat(65_536);
    const fill = (): void => {
      while (!res.destroyed && res.write(chunk));
      if (!res.destroyed) res.once('drain', fill);
    };
    fill();
  },
  'wrong-id': ({ res }) => body(res, text('"somebody-else"')),
  'no-id': ({ res }) => body(res, text('null')),
  'other-type-of-id': ({ res, id }) => body(res, text(id.startsWith('"') ? id.slice(1, -1) || '0' : `"${id}"`)),
  'two-results': ({ res, id }) => body(res, event(text(id, 'first')) + event(text(id, 'second')), sse),
  'result-and-error': ({ res, id }) =>
    body(
      res,
      `{"jsonrpc":"2.0","id":${id},"result":{${content('broken')}},"error":{"code":-32603,"message":"broken"}}`,
    ),
  'neither-result-nor-error': ({ res, id }) => body(res, `{"jsonrpc":"2.0","id":${id}}`),
  'array-result': ({ res, id }) => body(res, `{"jsonrpc":"2.0","id":${id},"result":[1,2]}`),
  'unknown-result-type': ({ res, id }) => body(res, `{"jsonrpc":"2.0","id":${id},"result":{"resultType":"surprise"}}`),
  'closed-before-answer': ({ res }) => res.socket?.destroy(),
  'closed-mid-answer': ({ res, id }) => {
    res.writeHead(200, { ...json, 'content-length': '1000' });
    res.write(text(id).slice(0, 30), () => res.socket?.destroy());
  },
  'closed-mid-sse': ({ res }) => {
    res.writeHead(200, sse);
    res.write(': hello\n\ndata: {"jsonrpc"', () => res.socket?.destroy());
  },
  'sse-without-answer': ({ res }) => body(res, ': nothing to say\n\n', sse),
  'invalid-utf8': ({ res, id }) =>
    body(res, Buffer.from(text(id, 'caf\u0000').replace('\\u0000', '\xff\xfe'), 'latin1')),
  'deep-nesting': ({ res, id }) =>
    body(res, result(id, `${content('deep')},"structuredContent":{"deep":${nested(100_000)}}`)),
  'prototype-keys': ({ res, id }) =>
    body(
      res,
      result(id, `${content('polluted')},"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}`),
    ),
  'endless-comments': ({ res }) => {
    res.writeHead(200, sse);
    forever(res, 20, () => res.write(': still here\n\n'));
  },
  'endless-progress': ({ res, message }) => {
    res.writeHead(200, sse);
    const progressToken = message.params?._meta?.['progressToken'] ?? 'none';
    let progress = 0;
    forever(res, 20, () => {
      progress++;
      res.write(
        event(
          JSON.stringify({ jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken, progress } }),
        ),
      );
    });
  },
  'huge-event': ({ res, id }) => body(res, event(text(id, 'x'.repeat(10_000_000))), sse),
  'server-request': ({ res, id }) =>
    body(
      res,
      event('{"jsonrpc":"2.0","id":1,"method":"sampling/createMessage","params":{"messages":[],"maxTokens":1}}') +
        event(text(id)),
      sse,
    ),
  'slow-bytes': ({ res, id }) => {
    res.writeHead(200, json);
    const bytes = text(id, 'slow'.repeat(1_000));
    let at = 0;
    forever(res, 50, () => (at < bytes.length ? res.write(bytes[at++]) : res.end()));
  },
  'gzip-bomb': ({ res }) => body(res, bomb(), { ...json, 'content-encoding': 'gzip' }),
  redirect: status(302, { location: 'http://127.0.0.1:1/elsewhere' }),
  '400': status(400),
  '401': status(401, {
    'www-authenticate': 'Bearer resource_metadata="http://127.0.0.1:1/.well-known/oauth-protected-resource"',
  }),
  '403': status(403, { 'www-authenticate': 'Bearer error="insufficient_scope", scope="more"' }),
  '404': status(404),
  '429': status(429, { 'retry-after': '7' }),
  '500': status(500),
  '503': status(503, { 'retry-after': '3' }),
} satisfies Record<string, Break>;

/** What is wrong with the tool list. */
const lists = {
  'cursor-loop': ({ res, id }) =>
    body(res, result(id, '"tools":[],"nextCursor":"again","ttlMs":0,"cacheScope":"private"')),
  'cursor-forever': ({ res, id, message }) => {
    const page = Number(message.params?.cursor ?? '0');
    body(
      res,
      result(
        id,
        `"tools":[{"name":"tool_${page}","inputSchema":{"type":"object"}}],"nextCursor":"${page + 1}","ttlMs":0,"cacheScope":"private"`,
      ),
    );
  },
  'many-tools': ({ res, id }) => {
    const tools = Array.from(
      { length: 100_000 },
      (_, index) => `{"name":"tool_${index}","inputSchema":{"type":"object"}}`,
    );
    body(res, result(id, `"tools":[${tools.join(',')}],"ttlMs":0,"cacheScope":"private"`));
  },
  'tools-not-a-list': ({ res, id }) =>
    body(res, result(id, '"tools":{"name":"echo"},"ttlMs":0,"cacheScope":"private"')),
  'odd-tools': ({ res, id }) =>
    body(
      res,
      result(
        id,
        `"tools":[null,7,{},{"name":""},{"name":"no_schema"},{"name":"bad\\u0000name","inputSchema":{"type":"object"}},{"name":"twice","inputSchema":{"type":"object"}},{"name":"twice","inputSchema":{"type":"object"}},{"name":"bad_header","inputSchema":{"type":"object","properties":{"a":{"type":"number","x-mcp-header":"A"}}}},{"name":"good","inputSchema":{"type":"object"}}],"ttlMs":0,"cacheScope":"private"`,
      ),
    ),
} satisfies Record<string, Break>;

let madeBomb: Buffer | undefined;
/** 200 MB of spaces in 200 kB, made when it is first wanted. */
const bomb = (): Buffer => {
  madeBomb ??= bombOf(200_000_000);
  return madeBomb;
};

export type BrokenAnswer = keyof typeof answers;
export type BrokenList = keyof typeof lists;
export const brokenAnswers = Object.keys(answers) as BrokenAnswer[];
export const brokenLists = Object.keys(lists) as BrokenList[];

export interface BrokenUpstream {
  readonly port: number;
  /** An upstream that is well but for the answers to `tools/call`; its one tool is `break`. */
  whenCalled(mode: BrokenAnswer): string;
  /** An upstream that answers every POST so. */
  always(mode: BrokenAnswer): string;
  /** An upstream that is well but for its tool list. */
  whenListed(mode: BrokenList): string;
  readonly requests: number;
  stop(): Promise<void>;
}

/** Every way in which an upstream can be broken, each under its own URL. */
export const startBrokenUpstream = async (): Promise<BrokenUpstream> => {
  const double: McpDouble = await startMcpDouble({
    name: 'broken-upstream',
    tools: [{ name: 'break', description: 'Breaks', inputSchema: { type: 'object' } }],
    call: () => content('whole'),
    intercept: (request) => {
      const [, when = '', mode = ''] = (request.req.url ?? '').split('/');
      const { method } = request.message;
      const applies =
        when === 'always' ||
        (when === 'called' && method === 'tools/call') ||
        (when === 'listed' && method === 'tools/list');
      if (!applies) return false;
      const broken: Break | undefined = when === 'listed' ? lists[mode as BrokenList] : answers[mode as BrokenAnswer];
      if (broken === undefined) request.res.writeHead(500).end(`unknown mode ${mode}`);
      else broken(request);
      return true;
    },
  });
  const at = (when: string, mode: string): string => `http://127.0.0.1:${double.port}/${when}/${mode}/mcp`;
  return {
    port: double.port,
    whenCalled: (mode) => at('called', mode),
    always: (mode) => at('always', mode),
    whenListed: (mode) => at('listed', mode),
    get requests() {
      return double.requests;
    },
    stop: double.stop,
  };
};
