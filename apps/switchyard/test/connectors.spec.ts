import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFailed, onTestFinished, vi } from 'vitest';
import {
  CHANGING_SERVER,
  type Gateway,
  type McpDouble,
  PROGRESS_STEPS,
  startFastUpstream,
  startGateway,
  startMcpDouble,
} from '#libs/testing';
import { runCommandLine } from '../src/command-line.js';
import type { UpstreamTarget } from '../src/commands/connector/upstream-target.js';
import { type RunningConnector, httpTarget, knock, startConnector } from './connectors/connector.js';
import { startCommand } from './connectors/connector-program.js';

const GUIDE = readFileSync(new URL('../../../docs/guides/connectors.md', import.meta.url), 'utf8');
/** The words of the commands of the guide, by the numbers of its steps. */
const GUIDE_STEPS = [...GUIDE.matchAll(/## \d\. [^#]*?```sh\n([^]*?)```/g)].map(([, commands = '']) =>
  commands
    .trim()
    .split('\n')
    .map((line) => [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '')),
);
const PLACE = 'place=test';

interface Made {
  readonly connector: { readonly id: string };
  readonly token: string;
}

describe('connectors', () => {
  let gateway: Gateway;
  let server: McpDouble;
  let fast: McpDouble;
  /** Ends the calls of `wait`, of which so many have begun. */
  let release: () => void = () => {};
  let waiting = 0;
  const running: RunningConnector[] = [];

  beforeAll(async () => {
    server = await startMcpDouble({
      name: 'weather',
      tools: ['forecast', 'wait'].map((name) => ({ name, description: name, inputSchema: { type: 'object' } })),
      call: async ({ name, headers }) => {
        if (name === 'wait') {
          waiting++;
          await new Promise<void>((resolve) => (release = resolve));
        }
        return `"content":[{"type":"text","text":${JSON.stringify(headers['x-own'] ?? 'rain')}}]`;
      },
    });
    fast = await startFastUpstream();
    gateway = await startGateway({ mode: 'embedded', env: { RETRY_MAX_ATTEMPTS: '1', REQUIRE_USER_IN_DB: 'false' } });
  });
  afterEach(async () => {
    release();
    await Promise.all(running.splice(0).map((connector) => connector.stop()));
  });
  afterAll(async () => {
    await gateway?.stop();
    await server?.stop();
    await fast?.stop();
  });

  const make = (...upstreams: string[]): Promise<Made> =>
    gateway.admin.call('POST', '/v1/connectors', { name: 'office', upstreams });

  const joined = async (token: string, targets: Readonly<Record<string, UpstreamTarget>>, zone?: string) => {
    const connector = await startConnector({ url: gateway.url, token, targets, ...(zone !== undefined && { zone }) });
    running.push(connector);
    return connector;
  };

  const call = async (name: string, url = gateway.url): Promise<Record<string, unknown>> => {
    const response = await fetch(`${url}/rpc`, {
      method: 'POST',
      headers: { authorization: `Bearer ${gateway.adminToken}`, 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: {} } }),
    });
    return (await response.json()) as Record<string, unknown>;
  };

  it('the gateway serves a program and an HTTP server behind one connector when both are registered by name', async () => {
    onTestFailed(() => console.error(gateway.logs().slice(-4_000)));
    const { token } = await make('weather', 'program', 'fast');
    const { command, args } = CHANGING_SERVER;
    const weather = { ...httpTarget(server.url), headers: { 'x-own': 'sun' } } as UpstreamTarget;
    const program = { kind: 'stdio', command, args, env: {}, cwd: undefined } as const;
    await joined(token, { weather, program, fast: httpTarget(fast.url) });
    const registered = await gateway.admin.register({ name: 'weather', url: 'connector://weather' });
    for (const name of ['program', 'fast']) await gateway.admin.register({ name, url: `connector://${name}` });

    expect(registered).toMatchObject({ url: 'connector://weather', transport: 'STREAMABLEHTTP' });
    expect(await call('weather-forecast')).toMatchObject({ result: { content: [{ text: 'sun' }] } });
    for (const era of ['modern', 'legacy'] as const) {
      const client = await gateway.client(era);
      const answer = await client.callTool({ name: 'program-log', arguments: { text: era } });
      expect(answer.content).toMatchObject([{ text: expect.stringContaining('log') }]);
    }
    const progress: number[] = [];
    const client = await gateway.client('legacy');
    await client.callTool(
      { name: 'fast-steps', arguments: { text: 'up' } },
      { onprogress: (step) => progress.push(step.progress) },
    );
    expect(progress).toHaveLength(PROGRESS_STEPS);
  });

  it('the gateway says that no connector is joined when a registered upstream is called without one', async () => {
    await expect(gateway.admin.register({ name: 'nobody', url: 'connector://nobody' })).rejects.toThrow(
      /502 .*no connector is joined that serves \\"nobody\\"/,
    );
    expect(await call('weather-forecast')).toMatchObject({
      error: { message: expect.stringContaining('no connector is joined'), data: { executed: 'no' } },
    });
  });

  it('the door refuses who shows no good token, wants another name, or speaks otherwise', async () => {
    const { token } = await make('weather');
    const statusOf = async (query: string, shown: string | null = token): Promise<number> =>
      (await knock(gateway.url, query, shown)).status;

    expect(await statusOf(`name=weather&${PLACE}`, null)).toBe(401);
    expect(await statusOf(`name=weather&${PLACE}`, `${token}x`)).toBe(401);
    expect(await statusOf(`name=weather&${PLACE}`, gateway.adminToken)).toBe(401);
    expect(await statusOf(`name=other&name=weather&${PLACE}`)).toBe(403);
    expect(await statusOf(`name=Weather&${PLACE}`)).toBe(422);
    expect(await statusOf(PLACE)).toBe(422);
    await expect(joined(token, { other: httpTarget(server.url) })).rejects.toThrow(/403.*may not serve "other"/);
  });

  it('the gateway hangs up on a connector when it breaks the rules, and serves others', async () => {
    const { token } = await make('weather');
    await joined(token, { weather: httpTarget(server.url) });
    const hostile: readonly (readonly [what: string, message: string | Buffer])[] = [
      ['text', 'hello'],
      ['no frame', Buffer.from('nonsense')],
      ['an id of no request', Buffer.from('{"type":"data","id":99,"ends":true}\n')],
      ['too much', Buffer.alloc(1_000_000)],
    ];
    for (const [what, message] of hostile) {
      const { socket } = await knock(gateway.url, `name=weather&${PLACE}`, token);
      socket?.send(message);
      const [code] = (await once(socket as NonNullable<typeof socket>, 'close')) as [number];
      expect([1008, 1009], what).toContain(code);
    }
    expect(await call('weather-forecast')).toMatchObject({ result: { content: [{ text: 'rain' }] } });
  });

  it('a call goes to the next connector when the first could not reach its upstream, and ends as not executed without one', async () => {
    const [gone, good] = [await make('weather'), await make('weather')];
    const closed = await startMcpDouble({ name: 'closed', tools: [], call: () => '' });
    await closed.stop();
    await joined(gone.token, { weather: httpTarget(closed.url) });
    expect(await call('weather-forecast')).toMatchObject({
      error: { message: expect.stringContaining('cannot reach the upstream'), data: { executed: 'no' } },
    });
    await joined(good.token, { weather: httpTarget(server.url) });
    for (let times = 0; times < 4; times++)
      expect(await call('weather-forecast')).toMatchObject({ result: { content: [{ text: 'rain' }] } });
  });

  it('a call ends with an unknown outcome when its connector is killed meanwhile, and so do others when it is revoked', async () => {
    const { connector, token } = await make('weather');
    const program = await startCommand(['connector', '--join', gateway.url, '--upstream', `weather=${server.url}`], {
      SWITCHYARD_CONNECTOR_TOKEN: token,
    });
    const killed = call('weather-wait');
    await vi.waitFor(() => expect(waiting).toBe(1));
    program.kill();
    expect(await killed).toMatchObject({ error: { data: { executed: 'unknown' } } });

    await joined(token, { weather: httpTarget(server.url) });
    const revoked = call('weather-wait');
    await vi.waitFor(() => expect(waiting).toBe(2));
    await gateway.admin.call('DELETE', `/v1/connectors/${connector.id}`);
    expect(await revoked).toMatchObject({ error: { data: { executed: 'unknown', reason: 'upstream.closed' } } });
    await expect(running.at(-1)?.ended).rejects.toThrow(/401/);
    const { connectors } = await gateway.admin.call<{ connectors: readonly object[] }>('GET', '/v1/connectors');
    expect(connectors).toContainEqual(
      expect.objectContaining({ id: connector.id, is_active: false, connections: [], revoked_at: expect.any(String) }),
    );
  });

  it('the audit trail tells who joined, left and was refused, and from where', async () => {
    const { connector, token } = await make('weather');
    const program = await joined(token, { weather: httpTarget(server.url) }, 'eu-1');
    await knock(gateway.url, `name=other&${PLACE}`, token);
    await knock(gateway.url, `name=weather&${PLACE}`, `swc_${'x'.repeat(43)}`);
    await program.stop();
    const trail = async (query: string) => {
      const path = `/audit?category=security&resource_type=connection&${query}`;
      const { records } = await gateway.admin.call<{
        records: readonly { action: string; severity: string; after: object; resource: object }[];
      }>('GET', path);
      return records;
    };
    await vi.waitFor(
      async () => {
        const records = await trail(`resource_id=${connector.id}`);
        const after = { address: '127.0.0.1', upstreams: ['weather'], zone: 'eu-1' };
        expect(records).toMatchObject([
          { action: 'connection.closed', after: { ...after, reason: expect.stringContaining('closed') } },
          {
            action: 'connection.refused',
            severity: 'warning',
            after: { upstreams: ['other'], reason: 'auth.grant_missing' },
          },
          { action: 'connection.opened', severity: 'info', after, resource: { name: 'office' } },
        ]);
      },
      { interval: 100 },
    );
    const refused = await trail('action=connection.refused');
    expect(refused[0]).toMatchObject({ resource: { id: null }, after: { reason: 'auth.credential_invalid' } });
    expect(JSON.stringify(refused)).not.toContain('swc_');
  });

  it('a redirect of an upstream behind a connector is followed on its own origin alone', async () => {
    const strange: string[] = [];
    const elsewhere = createServer((request, response) => {
      strange.push(`${request.method} ${request.url}`);
      response.writeHead(500).end();
    }).listen(0, '127.0.0.1');
    await once(elsewhere, 'listening');
    let location = '/mcp/';
    const front = createServer((request, response) => {
      if (request.url !== '/mcp/') return void response.writeHead(307, { location }).end();
      const onward = { method: request.method as string, headers: request.headers };
      const to = httpRequest(server.url, onward, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      });
      request.pipe(to);
    }).listen(0, '127.0.0.1');
    await once(front, 'listening');
    onTestFinished(() => {
      for (const one of [front, elsewhere]) {
        one.closeAllConnections();
        one.close();
      }
    });
    const { token } = await make('moved', 'away');
    const url = `http://127.0.0.1:${(front.address() as AddressInfo).port}/mcp`;
    await joined(token, { moved: httpTarget(url), away: httpTarget(url) });
    await gateway.admin.register({ name: 'moved', url: 'connector://moved' });
    expect(await call('moved-forecast')).toMatchObject({ result: { content: [{ text: 'rain' }] } });

    for (location of [`http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/mcp/`, 'connector://moved/x'])
      await expect(gateway.admin.register({ name: 'away', url: 'connector://away' })).rejects.toThrow(/redirect/);
    expect(strange).toEqual([]);
  });

  it('a gateway at a connector is refused when it is not asked for by who may say so, or in other words', async () => {
    const token = await gateway.tokenFor({ email: 'ada@example.com', teams: [] });
    const register = async (body: object, shown = gateway.adminToken): Promise<number> => {
      const response = await fetch(`${gateway.url}/gateways`, {
        method: 'POST',
        headers: { authorization: `Bearer ${shown}`, 'content-type': 'application/json' },
        body: JSON.stringify({ name: 'x', url: 'connector://weather', ...body }),
      });
      return response.status;
    };

    expect(await register({}, token)).toBe(403);
    expect(await register({ url: 'connector://weather/admin' })).toBe(422);
    expect(await register({ url: 'connector://weather?x=y' })).toBe(422);
    expect(await register({ transport: 'SSE' })).toBe(422);
    expect(await register({ addresses: [{ url: 'https://weather.example/mcp' }] })).toBe(422);
  });

  it('the guide to connectors works as it says when its commands are run', async () => {
    const written: string[] = [];
    for (const stream of ['stdout', 'stderr'] as const)
      vi.spyOn(process[stream], 'write').mockImplementation((text) => written.push(String(text)) > 0);
    onTestFinished(() => {
      vi.restoreAllMocks();
      vi.unstubAllEnvs();
      process.exitCode = undefined;
    });
    vi.stubEnv('SWITCHYARD_URL', gateway.url);
    // A connector lasts no longer than what made it.
    const token40Days = await gateway.tokenFor({ email: 'admin@example.com', isAdmin: true, lasts: '40d' });
    vi.stubEnv('SWITCHYARD_TOKEN', token40Days);
    const run = async ([program, ...args]: readonly string[] = []): Promise<number> => {
      expect(program).toBe('switchyard');
      return runCommandLine(args);
    };
    const goesWell = async (words: readonly string[] = []): Promise<void> =>
      expect(await run(words), written.join('')).toBe(0);
    const gateways = await gateway.admin.call<{ id: string; name: string }[]>('GET', '/gateways');
    for (const { id, name } of gateways) if (name === 'weather') await gateway.admin.call('DELETE', `/gateways/${id}`);
    const [[create] = [], [exported = [], join = []] = [], [add] = [], [list, revoke = []] = []] = GUIDE_STEPS;

    await goesWell(create);
    const token = written.find((text) => text.startsWith('swc_'))?.trim() ?? '';
    expect(exported).toEqual(['export', 'SWITCHYARD_CONNECTOR_TOKEN=swc_…']);
    vi.stubEnv('SWITCHYARD_CONNECTOR_TOKEN', token);
    const here = {
      'https://gateway.example': gateway.url,
      'weather=http://127.0.0.1:9000/mcp': `weather=${server.url}`,
    };
    const joining = run(join.map((word) => (here as Record<string, string>)[word] ?? word));
    await vi.waitFor(() => expect(written.join('')).toContain(`joined ${gateway.url}: weather`));
    await goesWell(add);
    expect(await call('weather-forecast')).toMatchObject({ result: { content: [{ text: 'rain' }] } });
    written.length = 0;
    await goesWell(list);
    // What is no terminal is given JSON.
    const shown = JSON.parse(written.join('')) as { id: string; name: string; connections: object[] }[];
    const office = shown.find(({ name }) => name === 'office in Bern');
    expect(office).toMatchObject({
      upstreams: ['weather'],
      is_active: true,
      connections: [{ upstreams: ['weather'] }],
    });
    await goesWell(revoke.map((word) => (word === 'ID' ? (office?.id ?? '') : word)));
    expect(await joining).toBe(4);
  });
});
