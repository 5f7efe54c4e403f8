import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, onTestFailed } from 'vitest';
import { type DoubleTool, type Gateway, type McpDouble, startGateway, startMcpDouble } from '#libs/testing';

const run = promisify(execFile);
const GUIDE = readFileSync(new URL('../../../docs/guides/large-catalogs.md', import.meta.url), 'utf8');
const steps = [...GUIDE.matchAll(/## (\d\. .+?)\n[^#]*?```sh\n([^]*?)```\n+```json\n([^]*?)```/g)].map(
  ([, title = '', command = '', answer = '']) => ({ title, command, answer: JSON.parse(answer) as object }),
);
/** Of each size: tokens of its list, of the list with a search, and of the way to one call. */
const rows = [...GUIDE.matchAll(/^\| ([\d,]+) \| ([\d,]+) \| ([\d,]+) \| ([\d,]+) \|/gm)].map((row) =>
  row.slice(1).map((cell) => Number(cell.replaceAll(',', ''))),
);

const SIZES = [30, 300, 3_000] as const;
const SERVICES =
  'billing calendar chat contacts crm deploy docs drive email forms git hosting hr inventory issues ledger maps metrics notes orders payments photos polls queue reports shipping sms storage tickets wiki'.split(
    ' ',
  );
const OBJECTS =
  'account archive branch comment contract customer draft entry event file folder group invoice label member message order page record webhook'.split(
    ' ',
  );
const VERBS = [
  ['create', 'Creates'],
  ['delete', 'Deletes'],
  ['get', 'Reads'],
  ['list', 'Lists'],
  ['update', 'Changes'],
] as const;

/** Tools as servers of business software have them: of some 150 tokens each. */
const toolsOf = (count: number): DoubleTool[] =>
  Array.from({ length: count }, (_, at) => {
    const [verb, does] = VERBS[at % VERBS.length] as (typeof VERBS)[number];
    const object = OBJECTS[Math.floor(at / VERBS.length) % OBJECTS.length] as string;
    const service = SERVICES[Math.floor(at / (VERBS.length * OBJECTS.length))] as string;
    const argument = (description: string, type = 'string') => ({ type, description });
    return {
      name: `${service}_${verb}_${object}`,
      description: `${does} the ${object} of a ${service} workspace. Answers with the ${object} as it is afterwards, or with the reason why that is not possible.`,
      inputSchema: {
        type: 'object',
        properties: {
          workspace: argument(`The ${service} workspace, by its id`),
          id: argument(`The id of the ${object}`),
          fields: argument(`What is wanted of the ${object}, with commas`),
          dry_run: argument('Whether nothing is to be changed', 'boolean'),
          limit: argument('How many at most', 'integer'),
        },
        required: ['workspace'],
      },
    };
  });

const tokensOf = (text: string): number => Math.ceil(Buffer.byteLength(text) / 4);

describe('the guide to large catalogs', () => {
  let gateway: Gateway;
  let upstream: McpDouble;
  const servers = new Map<number, string>();

  const rest = async (method: string, path: string, body: object) => {
    const response = await fetch(`${gateway.url}/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${gateway.adminToken}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    expect(response.status, await response.clone().text()).toBeLessThan(300);
    return (await response.json()) as { id: string };
  };
  const ask = async (
    serverId: string,
    method: string,
    params: object,
  ): Promise<{ text: string; result: { content: [{ text: string }] } }> => {
    const response = await fetch(`${gateway.url}/servers/${serverId}/rpc`, {
      method: 'POST',
      headers: { authorization: `Bearer ${gateway.adminToken}`, 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    });
    const text = await response.text();
    return { text, result: JSON.parse(text).result };
  };

  beforeAll(async () => {
    gateway = await startGateway({ mode: 'embedded' });
    const tools = toolsOf(Math.max(...SIZES));
    upstream = await startMcpDouble({
      name: 'suite',
      tools,
      call: ({ name }) => `"content":[{"type":"text","text":"${name} is done"}]`,
    });
    await rest('POST', '/gateways', { name: 'Suite', url: upstream.url, transport: 'STREAMABLEHTTP' });
    for (const size of SIZES) {
      const associatedTools = tools.slice(0, size).map(({ name }) => `suite-${name}`);
      const { id } = await rest('POST', '/servers', { server: { name: `${size}`, associatedTools } });
      servers.set(size, id);
    }
  });
  afterAll(async () => {
    await gateway?.stop();
    await upstream?.stop();
  });

  it.each(SIZES)('the guide says what %i tools take, listed and searched', async (size) => {
    onTestFailed(() => console.error(gateway.logs().slice(-4_000)));
    const server = servers.get(size) as string;
    const whole = (await ask(server, 'tools/list', {})).text;
    await rest('PUT', `/servers/${server}`, { toolSearch: true });
    const short = (await ask(server, 'tools/list', {})).text;
    const name = 'suite-billing_create_contract';
    const way = [
      ['search_tools', { query: 'create a contract in billing' }],
      ['describe_tool', { name }],
      ['call_tool', { name, arguments: { workspace: 'w' } }],
    ] as const;
    let tokens = 0;
    const answers: string[] = [];
    for (const [tool, args] of way) {
      const { result } = await ask(server, 'tools/call', { name: tool, arguments: args });
      const { text } = result.content[0];
      answers.push(text);
      tokens += tokensOf(JSON.stringify({ name: tool, arguments: args })) + tokensOf(text);
    }
    expect(answers[0]?.split('\n')[0]).toContain(name);
    expect(answers[2]).toBe('billing_create_contract is done');
    const row = rows.find(([tools]) => tools === size) ?? [];
    expect([size, tokensOf(whole), tokensOf(short), tokens]).toEqual(row);
  });

  it.each(steps)('the guide to large catalogs answers as it says in "$title"', async ({ command, answer }) => {
    onTestFailed(() => console.error(gateway.logs().slice(-4_000)));
    const { PATH = '' } = process.env;
    const env = { PATH, GATEWAY: gateway.url, TOKEN: gateway.adminToken, SERVER: servers.get(30) };
    const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', command], { env, timeout: 240_000 });
    expect(JSON.parse(stdout)).toMatchObject(answer);
  });

  it.each(['legacy', 'modern'] as const)('a client that is %s reaches a tool that it was never listed', async (era) => {
    const client = await gateway.client(era, { path: `/servers/${servers.get(3_000)}/mcp` });
    try {
      const { tools } = await client.listTools();
      expect(tools.map(({ name }) => name)).toEqual(['search_tools', 'describe_tool', 'call_tool']);
      const call = (name: string, args: Record<string, unknown>) => client.callTool({ name, arguments: args });
      const found = await call('search_tools', { query: 'delete wiki webhook' });
      expect(found.content).toMatchObject([{ text: expect.stringMatching(/^suite-wiki_delete_webhook\(/) }]);
      const done = await call('call_tool', { name: 'suite-wiki_delete_webhook', arguments: { workspace: 'w' } });
      expect(done.content).toMatchObject([{ text: 'wiki_delete_webhook is done' }]);
    } finally {
      await client.close();
    }
  });
});
