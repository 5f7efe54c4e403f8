import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Gateway, type McpDouble, startGateway, startMcpDouble } from '#libs/testing';

const RUNS = 8;
/** From some tens of thousand bytes on, results are handed on as bytes; from a megabyte on, in pieces. */
const PADS = [0, 40_000, 300_000, 1_300_000] as const;

const space = fc.constantFrom('', ' ', '\n\t');
const scalar = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }).map((value) => JSON.stringify(value)),
  fc.constantFrom('"\\u00e9\\/"', '9007199254740993', '-0', '1.10', '1e400', 'true', 'null'),
);
const { value: values } = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    scalar,
    fc.tuple(space, fc.array(tie('value'), { maxLength: 4 })).map(([gap, items]) => `[${gap}${items.join(`${gap},`)}]`),
    fc
      .tuple(
        space,
        fc.uniqueArray(fc.constantFrom('a', 'ü', 'isError', '_meta', '__proto__'), { maxLength: 3 }),
        tie('value'),
      )
      .map(([gap, keys, value]) => `{${keys.map((key) => `"${key}"${gap}:${value}`).join(`${gap},`)}}`),
  ),
}));
/** Members of a result, none of which says anything about the result itself. */
const results = fc.tuple(values, values, fc.constantFrom(...PADS), fc.constantFrom('x', '☃', '\\n'), space);

describe.each(['embedded', 'distributed'] as const)('a gateway, %s', (mode) => {
  let gateway: Gateway;
  let upstream: McpDouble;
  let members = '';
  let id = 0;

  beforeAll(async () => {
    upstream = await startMcpDouble({
      name: 'double',
      tools: [{ name: 'say', description: 'Says it.', inputSchema: { type: 'object' } }],
      call: () => members,
    });
    gateway = await startGateway({ mode });
    await gateway.admin.register({ name: 'double', url: upstream.url });
  });
  afterAll(async () => {
    await gateway?.stop();
    await upstream?.stop();
  });

  const post = (params: object, method: string, headers: Record<string, string>): Promise<Response> =>
    fetch(`${gateway.url}/mcp`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${gateway.adminToken}`,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...headers,
      },
      body: JSON.stringify({
        jsonrpc: '2.0',
        ...(!method.startsWith('notifications/') && { id: ++id }),
        method,
        params,
      }),
    });

  const eras = {
    '2026-07-28': async () => {
      const _meta = {
        'io.modelcontextprotocol/protocolVersion': '2026-07-28',
        'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
        'io.modelcontextprotocol/clientCapabilities': {},
      };
      const headers = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': 'double-say' };
      return () => post({ name: 'double-say', arguments: {}, _meta }, 'tools/call', headers);
    },
    '2025-11-25': async () => {
      const clientInfo = { name: 'test', version: '1' };
      const opened = await post({ protocolVersion: '2025-11-25', capabilities: {}, clientInfo }, 'initialize', {});
      const session = {
        'mcp-session-id': opened.headers.get('mcp-session-id') ?? '',
        'mcp-protocol-version': '2025-11-25',
      };
      await opened.text();
      await (await post({}, 'notifications/initialized', session)).text();
      return () => post({ name: 'double-say', arguments: {} }, 'tools/call', session);
    },
  };

  it.each(['2026-07-28', '2025-11-25'] as const)(
    'a gateway hands a client of %s the bytes that the upstream has sent, whatever they say and however many they are',
    async (era) => {
      const call = await eras[era]();
      await fc.assert(
        fc.asyncProperty(results, async ([one, other, pad, filling, gap]) => {
          const text = filling.repeat(pad / Buffer.byteLength(filling));
          members = `"one":${one}${gap},"content":[{"type":"text",${gap}"text":"${text}"}],"other":${other}`;
          const response = await call();
          const answer = Buffer.from(await response.arrayBuffer()).toString();
          const start = `{"jsonrpc":"2.0","id":${id},"result":{`;
          expect(answer.slice(0, start.length)).toBe(start);
          expect(answer.slice(start.length, start.length + members.length) === members).toBe(true);
          expect(answer.slice(start.length + members.length)).toMatch(
            era === '2026-07-28' ? /^,"resultType":"complete",/ : /^}}$/,
          );
          expect(() => void JSON.parse(answer)).not.toThrow();
        }),
        { numRuns: RUNS, endOnFailure: true },
      );
    },
  );
});
