import { setTimeout as sleep } from 'node:timers/promises';
import { CHANGING_SERVER, type Gateway, type GatewayOptions, HINTING_SERVER, startGateway } from '#libs/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFailed } from 'vitest';
import {
  type Endpoint,
  LegacyClient,
  LOGS_WANTED,
  type Said,
  type Talk,
  askModern,
} from './isolation/endpoint-client.js';

const modes: Record<string, GatewayOptions> = {
  embedded: { mode: 'embedded' },
  'distributed, two replicas': { mode: 'distributed', replicas: 2 },
};
const ROUNDS = 6;

const textOf = ({ result }: Said): string => result?.content?.[0]?.text;
const isUpdate = ({ method }: Said): boolean => method === 'notifications/resources/updated';
const isLog = ({ method }: Said): boolean => method === 'notifications/message';
const isListChange = ({ method }: Said): boolean => method === 'notifications/tools/list_changed';

describe.each(Object.keys(modes))('what changes at upstreams of a gateway that is %s', (mode) => {
  let gateway: Gateway;
  let ada: Endpoint;
  let bob: Endpoint;

  beforeAll(async () => {
    const env = { REQUIRE_USER_IN_DB: 'false', STDIO_PROCESSES_MAX: '100' };
    gateway = await startGateway({ ...(modes[mode] as GatewayOptions), env });
    await gateway.admin.register({ name: 'changing', ...CHANGING_SERVER });
    await gateway.admin.register({ name: 'hinting', ...HINTING_SERVER });
    const at = async (email: string) => ({ url: `${gateway.url}/mcp`, token: await gateway.tokenFor({ email }) });
    [ada, bob] = [await at('ada@example.com'), await at('bob@example.com')];
  });
  afterAll(() => gateway?.stop());
  beforeEach(() => onTestFailed(() => console.error(gateway.logs().slice(-8_000))));

  const callModern = async (at: Endpoint, name: string, args: object = {}): Promise<Said> =>
    (await askModern(at, 'tools/call', { name, arguments: args })).answer();
  const open = async (at: Endpoint): Promise<{ client: LegacyClient; stream: Talk }> => {
    const client = await LegacyClient.open(at);
    return { client, stream: await client.listen() };
  };
  const subscribe = async (client: LegacyClient, uri: string): Promise<Said> =>
    (await client.post({ id: 9, method: 'resources/subscribe', params: { uri } })).answer(9);
  const toolsOf = async (at: Endpoint): Promise<string[]> => {
    const { result } = await (await askModern(at, 'tools/list')).answer();
    return result.tools.map(({ name }: { name: string }) => name);
  };

  it('a session hears of every change that comes right after its subscription was confirmed', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const { client, stream } = await open(ada);
      expect((await subscribe(client, 'changing://state')).result).toEqual({});
      await (await client.call('changing-touch', {})).answer();
      expect((await stream.hear(isUpdate)).params.uri).toBe('changing://state');
      stream.leave();
      await client.end();
    }
  });

  it.each([
    ['changing', 'before 2026-07-28'],
    ['hinting', 'of 2026-07-28'],
  ])(
    'a listener hears of every change that comes right after the acknowledgement at %s, an upstream %s',
    async (name) => {
      for (let round = 0; round < ROUNDS; round++) {
        const filter = { notifications: { resourceSubscriptions: [`${name}://state`] } };
        const stream = await askModern(ada, 'subscriptions/listen', filter);
        await stream.hear(({ method }) => method === 'notifications/subscriptions/acknowledged');
        await callModern(ada, `${name}-touch`);
        expect((await stream.hear(isUpdate)).params.uri).toBe(`${name}://state`);
        stream.leave();
      }
    },
  );

  it('whoever follows a resource hears of it when its upstream says so without a subscription, but not under one that is none', async () => {
    const [mine, theirs, other] = await Promise.all([open(ada), open(bob), open(bob)]);
    for (const { client } of [mine, theirs]) await subscribe(client, 'hinting://state');
    await callModern(bob, 'hinting-touch', { foreign: true });
    await sleep(500);
    expect([mine, theirs, other].flatMap(({ stream }) => stream.messages.filter(isUpdate))).toEqual([]);

    await callModern(bob, 'hinting-touch');
    for (const { stream } of [mine, theirs]) expect((await stream.hear(isUpdate)).params.uri).toBe('hinting://state');
    expect(other.stream.messages.filter(isUpdate)).toEqual([]);
    for (const { stream } of [mine, theirs, other]) stream.leave();
  });

  // Over stdio each instance has a process of its own, of which one is looked over: a call may meet another.
  it.runIf(mode === 'embedded')(
    'a list is read again when its upstream says so without a subscription, and twice at most when it says so 500 times',
    async () => {
      const { stream } = await open(bob);
      await callModern(ada, 'hinting-add', { name: 'hidden', foreign: true });
      await sleep(1_500);
      expect(await toolsOf(ada)).not.toContain('hinting-hidden');
      await callModern(ada, 'hinting-add', { name: 'fresh' });
      await expect.poll(() => toolsOf(ada)).toContain('hinting-fresh');
      await stream.hear(isListChange);
      stream.leave();

      await sleep(1_500);
      const before = Number(textOf(await callModern(ada, 'hinting-reads')));
      const fromMs = Date.now();
      await callModern(ada, 'hinting-burst');
      const reads = async () => Number(textOf(await callModern(ada, 'hinting-reads'))) - before;
      await expect.poll(reads).toBeGreaterThanOrEqual(1);
      // On a machine that stands still meanwhile they come in several bursts, a second apart.
      const secondsOfBurst = Math.floor((Date.now() - fromMs) / 1_000);
      await sleep(3_000);
      expect(await reads()).toBeLessThanOrEqual(2 + secondsOfBurst);
    },
  );

  it('what a call adds to and takes from the tools of its own process is listed for its client, which may call it, and for nobody else', async () => {
    const [mine, other, theirs] = await Promise.all([open(ada), open(ada), open(bob)]);
    const listed = async ({ client }: { client: LegacyClient }): Promise<string[]> => {
      const { result } = await (await client.post({ id: 7, method: 'tools/list' })).answer(7);
      return result.tools.map(({ name }: { name: string }) => name);
    };
    await (await mine.client.call('changing-add', { name: 'own' })).answer();
    await mine.stream.hear(isListChange);
    expect(await listed(mine)).toContain('changing-own');
    expect(textOf(await (await mine.client.call('changing-own', {})).answer())).toMatch(/^own [\w-]{36}$/);
    await (await mine.client.call('changing-drop', { name: 'touch' })).answer();
    await expect.poll(() => listed(mine)).not.toContain('changing-touch');

    for (const client of [other, theirs]) {
      expect(await listed(client)).not.toContain('changing-own');
      expect(await listed(client)).toContain('changing-touch');
      const { error } = await (await client.client.call('changing-own', {})).answer();
      expect(error?.code).toBe(-32602);
      expect(client.stream.messages.filter(isListChange)).toEqual([]);
    }
    await expect
      .poll(async () => {
        const all = await gateway.admin.call<{ name: string; refused: { reason: string }[] }[]>('GET', '/gateways');
        return all.find(({ name }) => name === 'changing')?.refused.map(({ reason }) => reason);
      })
      .toEqual([expect.stringContaining('changes its tools per session')]);
    for (const { stream, client } of [mine, other, theirs]) {
      stream.leave();
      await client.end();
    }
  });

  // A shared process is one of each instance.
  const SCOPES = [['principal', undefined], ...(mode === 'embedded' ? ([['shared', 'shared']] as const) : [])] as const;

  it.each(SCOPES)(
    'clients that cannot be asked share what a call changes where they share a process: %s',
    async (name, sessionScope) => {
      const scope = sessionScope === undefined ? {} : { sessionScope };
      const registered = await gateway.admin.register({ name, ...CHANGING_SERVER, ...scope });
      const meta = { 'io.modelcontextprotocol/clientCapabilities': {} };
      const call = async (at: Endpoint, tool: string, args: object = {}): Promise<Said> =>
        (await askModern(at, 'tools/call', { name: `${name}-${tool}`, arguments: args }, { meta })).answer();
      const tools = async (at: Endpoint): Promise<string[]> => {
        const { result } = await (await askModern(at, 'tools/list', {}, { meta })).answer();
        return result.tools.map((tool: { name: string }) => tool.name);
      };
      await call(ada, 'add', { name: 'fresh' });
      await expect.poll(() => tools(ada)).toContain(`${name}-fresh`);
      expect(textOf(await call(ada, 'fresh'))).toMatch(/^fresh [\w-]{36}$/);
      expect((await tools(bob)).includes(`${name}-fresh`)).toBe(sessionScope === 'shared');
      if (sessionScope === 'shared') expect(textOf(await call(bob, 'fresh'))).toMatch(/^fresh [\w-]{36}$/);
      else expect((await call(bob, 'fresh')).error?.code).toBe(-32602);
      await gateway.admin.call('DELETE', `/gateways/${registered.id}`);
    },
  );

  it('a tool that is disabled stays so when a process of its own lists it otherwise', async () => {
    const entries = await gateway.admin.call<{ id: string; name: string }[]>('GET', '/tools');
    const tool = entries.find(({ name }) => name === 'changing-log');
    await gateway.admin.call('POST', `/tools/${tool?.id}/state?activate=false`);
    await expect.poll(() => toolsOf(bob)).not.toContain('changing-log');
    await callModern(bob, 'changing-drop', { name: 'log' });
    await callModern(bob, 'changing-add', { name: 'log' });
    await callModern(bob, 'changing-add', { name: 'more' });
    await expect.poll(() => toolsOf(bob)).toContain('changing-more');
    expect(await toolsOf(bob)).not.toContain('changing-log');
    await gateway.admin.call('POST', `/tools/${tool?.id}/state?activate=true`);
  });

  it.each(['changing', 'hinting'])(
    'a session hears what %s logs right behind each result, and nobody else does',
    async (name) => {
      const [mine, other] = await Promise.all([open(ada), open(ada)]);
      for (let round = 0; round < 20; round++) {
        const talk = await mine.client.call(`${name}-log`, { text: `${name} ${round}` });
        await talk.answer();
        const isIt = ({ params }: Said): boolean => params?.data === `${name} ${round}`;
        await Promise.any([
          mine.stream.hear((said) => isLog(said) && isIt(said)),
          talk.hear((said) => isLog(said) && isIt(said)),
        ]);
      }
      await (await other.client.post({ id: 5, method: 'ping' })).answer(5);
      expect(other.stream.messages.filter(isLog)).toEqual([]);
      for (const { stream } of [mine, other]) stream.leave();
    },
  );

  it.each(['changing', 'hinting'])(
    'a client of 2026-07-28 that wants log messages gets what %s logs right behind each result',
    async (name) => {
      // The last call of another client is long enough over.
      await sleep(200);
      for (let round = 0; round < 20; round++) {
        const args = { name: `${name}-log`, arguments: { text: `${name} ${round}` } };
        const talk = await askModern(ada, 'tools/call', args, { meta: LOGS_WANTED });
        await talk.answer();
        expect(talk.messages.filter(isLog).map(({ params }) => params.data)).toEqual([`${name} ${round}`]);
      }
    },
  );
});
