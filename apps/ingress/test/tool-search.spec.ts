import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { CatalogTool } from '#libs/contracts';
import { Rig, catalogOf, modern, modernHeaders, openSession, post, tool, user } from './rig.js';

let rig: Rig;
let url: string;
const TOOLS = [
  tool('issue_create', {
    description: 'Opens an issue',
    inputSchema: { type: 'object', properties: { title: { type: 'string' }, body: {} }, required: ['title'] },
    outputSchema: { type: 'object', properties: { number: { type: 'integer' } } },
  }),
  tool('issue_close', { description: 'Closes an issue' }),
  tool(
    'payroll',
    { description: 'Everybody\u2019s pay, and one issue' },
    { visibility: 'private', teamId: null, ownerEmail: 'eve' },
  ),
];

/** A virtual server with these tools. */
const offer = (id: string, tools: readonly CatalogTool[], toolSearch = true): void => {
  const { server, ...rest } = catalogOf({ tools });
  rig.catalogs.set(id, { ...rest, server: { ...server, id, toolSearch } });
};

beforeAll(async () => {
  rig = new Rig({ TOOL_SEARCH_TOKENS: '100' });
  offer('s1', TOOLS);
  offer('plain', TOOLS, false);
  rig.tokens.set('eve', user('eve', { teams: null }));
  rig.tokens.set('reader', user('reader', { permissions: ['tools.read'] }));
  url = await rig.start();
});
beforeEach(() => {
  rig.records.length = 0;
  rig.calls.length = 0;
});
afterAll(() => rig.stop());

/** One request in each way that there is. */
const ways = {
  modern: async (method: string, params: Record<string, unknown>, headers = {}) =>
    post(`${url}/servers/s1/mcp`, modern(method, params), {
      ...modernHeaders(method, params['name'] as string | undefined),
      ...headers,
    }),
  legacy: async (method: string, params: Record<string, unknown>, headers = {}) => {
    const session = await openSession(`${url}/servers/s1/mcp`, {}, '2025-11-25', headers);
    return post(`${url}/servers/s1/mcp`, { jsonrpc: '2.0', id: 1, method, params }, session);
  },
  rpc: (method: string, params: Record<string, unknown>, headers = {}) => askAt('s1', method, params, headers),
};
const askAt = (serverId: string, method: string, params: object, headers = {}) =>
  post(`${url}/servers/${serverId}/rpc`, { jsonrpc: '2.0', id: 1, method, params }, headers);
const EVE = { authorization: 'Bearer eve' };
const calling = (name: string, args: unknown) => ({ name, arguments: args });
const textOf = ({ json }: Awaited<ReturnType<typeof post>>): string => json.result.content[0].text;

describe.each(Object.keys(ways) as (keyof typeof ways)[])('tools that are searched, in the way %s', (way) => {
  const ask = ways[way];

  it('three tools are listed in the place of all others', async () => {
    const { json } = await ask('tools/list', {});
    const { tools } = json.result;
    expect(tools.map(({ name }: { name: string }) => name)).toEqual(['search_tools', 'describe_tool', 'call_tool']);
  });

  it('a search shows names and arguments of what fits and is seen, and is recorded', async () => {
    const text = textOf(await ask('tools/call', calling('search_tools', { query: 'create an issue' })));
    expect(text.split('\n')).toEqual([
      'issue_create(title: string, body?): Opens an issue',
      'issue_close(): Closes an issue',
    ]);
    expect(rig.records).toMatchObject([{ name: 'search_tools', upstreamId: null, outcome: 'ok', serverId: 's1' }]);
    expect(textOf(await ask('tools/call', calling('search_tools', { query: 'pay' }), EVE))).toContain('payroll');
  });

  it('a description holds the schema of the arguments', async () => {
    const text = textOf(await ask('tools/call', calling('describe_tool', { name: 'issue_create' })));
    expect(JSON.parse(text)).toMatchObject({ name: 'issue_create', inputSchema: { required: ['title'] } });
  });

  it('a call reaches the tool that is named, as its own call would', async () => {
    const through = await ask(
      'tools/call',
      calling('call_tool', { name: 'issue_create', arguments: { title: 'x', n: 1.0 } }),
    );
    const direct = await ask('tools/call', calling('issue_create', { title: 'x', n: 1.0 }));
    expect(textOf(through)).toBe(textOf(direct));
    expect(rig.calls.map(({ call }) => [call.target, call.exposedName])).toEqual([
      ['up_issue_create', 'issue_create'],
      ['up_issue_create', 'issue_create'],
    ]);
    expect(rig.calls[0]?.body).toBe(rig.calls[1]?.body);
  });

  it('a tool that the caller does not see is not found, whatever is asked', async () => {
    const direct = await ask('tools/call', calling('payroll', {}));
    const { error } = direct.json;
    for (const name of ['describe_tool', 'call_tool']) {
      const { json } = await ask('tools/call', calling(name, { name: 'payroll' }));
      expect(json.error).toMatchObject({ code: error.code, message: error.message });
    }
    expect(textOf(await ask('tools/call', calling('search_tools', { query: 'payroll' })))).toMatch(/^No tool fits/);
    expect(rig.calls).toEqual([]);
    expect(rig.records).toMatchObject([
      { name: 'payroll', outcome: 'refused' },
      { name: 'describe_tool', outcome: 'refused' },
      { name: 'payroll', outcome: 'refused' },
      { name: 'search_tools', outcome: 'ok' },
    ]);
  });

  it('nothing is found by who may not call tools', async () => {
    const { json } = await ask('tools/call', calling('search_tools', { query: 'issue' }), {
      authorization: 'Bearer reader',
    });
    expect(json.result).toBeUndefined();
  });

  it.each<[string, string, unknown]>([
    ['no query', 'search_tools', {}],
    ['an empty query', 'search_tools', { query: '  ' }],
    ['a query that is too long', 'search_tools', { query: 'x'.repeat(1_001) }],
    ['a query that is no text', 'search_tools', { query: ['issue'] }],
    ['too many wanted', 'search_tools', { query: 'issue', limit: 51 }],
    ['half of one wanted', 'search_tools', { query: 'issue', limit: 0.5 }],
    ['no name', 'describe_tool', {}],
    ['a name that is no text', 'call_tool', { name: 7 }],
    ['arguments that are a text', 'call_tool', { name: 'issue_create', arguments: '{}' }],
    ['arguments that are a list', 'call_tool', []],
  ])('a call is refused when it has %s', async (_title, name, args) => {
    const { json } = await ask('tools/call', calling(name, args));
    expect(json.error).toMatchObject({ code: -32602 });
    expect(rig.calls).toEqual([]);
  });
});

describe('tools that are searched', () => {
  it('a search shows no more than its tokens and its limit, and says how much more there is', async () => {
    const description = `Report ${'of things '.repeat(40)}`;
    offer(
      'long',
      Array.from({ length: 40 }, (_, at) => tool(`report_${at}`, { description })),
    );
    const find = async (limit: number) =>
      textOf(await askAt('long', 'tools/call', calling('search_tools', { query: 'report', limit })));
    const text = await find(30);
    expect(Buffer.byteLength(text)).toBeLessThan(100 * 4 + 100);
    expect(text).toMatch(/\(3\d more fit less well/);
    expect((await find(1)).split('\n')).toEqual([
      expect.stringMatching(/^report_/),
      expect.stringMatching(/^\(39 more fit less well/),
    ]);
  });

  it('a description leaves out the schema of the result when there is no room for it', async () => {
    const properties = Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`member_${at}`, { type: 'string' }]));
    offer('wide', [tool('wide', { outputSchema: { type: 'object', properties } })]);
    const text = textOf(await askAt('wide', 'tools/call', calling('describe_tool', { name: 'wide' })));
    expect(JSON.parse(text)).toEqual({ name: 'wide', description: 'Tool wide', inputSchema: { type: 'object' } });
  });

  it('a call through call_tool needs no headers for the arguments of the tool', async () => {
    const header = { header: 'Region', path: ['region'], type: 'string' } as const;
    const scope = { visibility: 'public', teamId: null, ownerEmail: null } as const;
    offer('mirrored', [tool('mirrored', {}, scope, [header])]);
    const call = (name: string, args: object) =>
      post(`${url}/servers/mirrored/mcp`, modern('tools/call', calling(name, args)), modernHeaders('tools/call', name));
    const args = { region: 'eu' };
    expect(textOf(await call('call_tool', { name: 'mirrored', arguments: args }))).toContain('up_mirrored');
    expect(rig.calls[0]?.call.headerParams).toEqual([header]);
    expect((await call('mirrored', args)).status).toBe(400);
  });

  it('a server that does not want it lists its tools and has none of the three', async () => {
    const { tools } = (await askAt('plain', 'tools/list', {})).json.result;
    expect(tools).toHaveLength(2);
    const { json } = await askAt('plain', 'tools/call', calling('search_tools', { query: 'issue' }));
    expect(json.error.message).toBe('Unknown tool: search_tools');
  });
});
