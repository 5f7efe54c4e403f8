import {
  type Gateway,
  type GatewayOptions,
  type RegisteredGateway,
  startGateway,
  startLedgerUpstream,
} from '#libs/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFailed } from 'vitest';
import {
  APPS,
  APP_META,
  APP_MIME_TYPE,
  APP_URI,
  type AppUpstream,
  LINKED_URI,
  TOOL_META,
  startAppUpstream,
} from './extensions/app-upstream.js';
import { type Endpoint, LegacyClient, type Said, askModern } from './isolation/endpoint-client.js';

const env = { TOOL_TIMEOUT: '10' };
const modes: Record<string, GatewayOptions> = {
  embedded: { mode: 'embedded', env },
  'distributed, two replicas': { mode: 'distributed', replicas: 2, env },
};
const SHOWS_APPS = { extensions: { [APPS]: { mimeTypes: [APP_MIME_TYPE] }, 'vendor/unknown': { x: 1 } } };
const META = 'io.modelcontextprotocol';

interface Tool {
  readonly name: string;
  readonly _meta?: { readonly ui?: { readonly resourceUri: string }; readonly 'ui/resourceUri'?: string };
}

/** Asks something as a client that declares these capabilities. */
type Ask = (method: string, params?: Record<string, unknown>, meta?: object) => Promise<Said>;

const modernClient = async (at: Endpoint, capabilities: object): Promise<Ask> => {
  return async (method, params = {}, meta = {}) => {
    const declared = { [`${META}/clientCapabilities`]: capabilities, ...meta };
    return (await askModern(at, method, params, { meta: declared })).answer();
  };
};

const legacyClient = async (at: Endpoint, capabilities: object): Promise<Ask> => {
  const client = await LegacyClient.open(at, capabilities);
  return async (method, params = {}, meta = {}) =>
    (await client.post({ id: 1, method, params: { ...params, _meta: meta } })).answer();
};
const clients = { modern: modernClient, legacy: legacyClient };

describe.each(Object.keys(modes))('extensions through a gateway that is %s', (name) => {
  let gateway: Gateway;
  const upstreams: Record<string, AppUpstream> = {};
  const registered: Record<string, RegisteredGateway> = {};
  let all: Endpoint;
  let plain: Endpoint;

  const at = (id: string): Endpoint => ({ url: `${gateway.url}/servers/${id}/mcp`, token: gateway.adminToken });
  beforeAll(async () => {
    const eras = { one: 'modern', two: 'legacy', three: 'modern', four: 'legacy' } as const;
    gateway = await startGateway(modes[name] as GatewayOptions);
    for (const [text, era] of Object.entries(eras)) {
      const extensions = text === 'one' ? { [APPS]: { of: 'one' }, 'vendor/other': {} } : undefined;
      const lists = text === 'one' || text === 'two';
      const upstream = await startAppUpstream({ era, text, lists, ...(extensions && { extensions }) });
      upstreams[text] = upstream;
      registered[text] = await gateway.admin.register({ name: text, url: upstream.url });
    }
    upstreams.plain = await startAppUpstream({ era: 'modern', text: 'plain', lists: false, extensions: {} });
    registered.plain = await gateway.admin.register({ name: 'plain', url: upstreams.plain.url });
    const { one, two, three, four } = registered as Record<'one' | 'two' | 'three' | 'four', RegisteredGateway>;
    all = at((await gateway.admin.createServer('all', [two, one, three, four])).id);
    plain = at((await gateway.admin.createServer('plain', [registered.plain])).id);
  });
  afterAll(async () => {
    await gateway?.stop();
    await Promise.all(Object.values(upstreams).map((upstream) => upstream.stop()));
  });
  beforeEach(() => onTestFailed(() => console.error(gateway.logs().slice(-8_000))));

  describe.each(['modern', 'legacy'] as const)('for a %s client', (era) => {
    const open = (where = all, capabilities: object = SHOWS_APPS): Promise<Ask> => clients[era](where, capabilities);

    it('extensions show each tool with the app of its own upstream, under whatever name that has', async () => {
      const ask = await open();
      const tools = (await ask('tools/list')).result.tools as Tool[];
      const apps = tools.filter(({ _meta }) => _meta !== undefined);
      expect(apps.map((tool) => tool.name).sort()).toEqual(
        ['four', 'one', 'three', 'two'].flatMap((slug) => [`${slug}-show`, `${slug}-show_old`]),
      );
      const uris = new Set<string>();
      for (const { name: tool, _meta } of apps) {
        const uri = _meta?.ui?.resourceUri ?? _meta?.['ui/resourceUri'] ?? '';
        expect(uri).toMatch(/^ui:\/\//);
        uris.add(uri);
        const text = `<h1>${tool.split('-')[0]}</h1>`;
        expect((await ask('resources/read', { uri })).result.contents).toEqual([
          { uri, mimeType: APP_MIME_TYPE, text, _meta: APP_META },
        ]);
      }
      expect(uris.size).toBe(4);
      // The one that was there first is just as its upstream has it.
      expect(apps.find((tool) => tool.name === 'one-show')?._meta).toEqual(TOOL_META);
      expect(uris).toContain(APP_URI);
    });

    it('extensions list each app once, as it can be read, with what its list says of it', async () => {
      const ask = await open();
      const { resources } = (await ask('resources/list')).result as { resources: { uri: string }[] };
      const read = await Promise.all(resources.map(({ uri }) => ask('resources/read', { uri })));
      expect(read.map(({ result }) => result.contents[0].text).sort()).toEqual(['<h1>one</h1>', '<h1>two</h1>']);
      const said = { mimeType: APP_MIME_TYPE, name: 'main', _meta: { ui: { prefersBorder: true } } };
      for (const resource of resources) expect(resource).toEqual({ uri: resource.uri, ...said });
    });

    it('extensions are declared to an upstream as far as they are carried, and as the client did', async () => {
      for (const slug of ['one', 'two']) {
        const told = async (ask: Ask) =>
          JSON.parse((await ask('tools/call', { name: `${slug}-told` })).result.content[0].text).declared;
        expect(await told(await open())).toEqual({ [APPS]: { mimeTypes: [APP_MIME_TYPE] } });
        expect(await told(await open(all, {}))).toEqual({});
        expect(await told(await open(all, { extensions: { 'vendor/unknown': {} } }))).toEqual({});
      }
    });

    it('extensions pass what vendors say in _meta, both ways, and nothing that is between two hops', async () => {
      const ask = await open();
      const sent = { 'vendor/sent': { n: [2.5] }, [`${META}/invented`]: 'for the gateway', traceparent: 'not one' };
      for (const slug of ['one', 'two']) {
        const { result } = await ask('tools/call', { name: `${slug}-told` }, sent);
        const { keys, vendor } = JSON.parse(result.content[0].text);
        expect(vendor).toEqual({ n: [2.5] });
        expect(keys).not.toContain(`${META}/invented`);
        expect(result.content[0]._meta).toEqual({ 'vendor/inside': 1 });
        expect(result._meta).toEqual({
          'vendor/answered': { n: 1.5 },
          ...(era === 'modern' && { [`${META}/serverInfo`]: expect.objectContaining({ name: 'switchyard' }) }),
        });
      }
    });

    it('extensions take no result of a type that nobody declared', async () => {
      const { error } = await (await open())('tools/call', { name: 'one-surprise' });
      expect(error).toMatchObject({ data: { reason: 'upstream.invalid_answer' } });
      // A server of sessions knows no types: what looks like one is a member like any other.
      const { result } = await (await open())('tools/call', { name: 'two-surprise' });
      expect(result.resultType).toBe(era === 'modern' ? 'complete' : undefined);
    });

    it('extensions let a client read what it was linked to, where there is one upstream and where there are several', async () => {
      const alone = await open(plain);
      expect((await alone('resources/read', { uri: 'note://never/given' })).error).toBeDefined();
      await alone('tools/call', { name: 'plain-link' });
      expect((await alone('resources/read', { uri: LINKED_URI })).result.contents[0].text).toBe('plain');

      const ask = await open();
      if (era === 'modern') {
        await ask('tools/call', { name: 'two-link' });
        expect((await ask('resources/read', { uri: LINKED_URI })).result.contents[0].text).toBe('two');
        await ask('tools/call', { name: 'one-link' });
      }
      // Both have given it by now.
      expect((await ask('resources/read', { uri: LINKED_URI })).error).toMatchObject({ data: { uri: LINKED_URI } });
    });
  });

  it('extensions are advertised where an upstream has them and the gateway can carry them', async () => {
    const extensionsOf = async (where: Endpoint) =>
      (await (await modernClient(where, {}))('server/discover')).result.capabilities.extensions;
    expect(await extensionsOf(all)).toEqual({ [APPS]: expect.any(Object) });
    expect(await extensionsOf(plain)).toBeUndefined();
  });

  it('a gateway of its own time gives its calls that time', async () => {
    const ledger = await startLedgerUpstream({ latencyMs: 12_000 });
    try {
      const patient = await gateway.admin.register({ name: 'patient', url: ledger.url, timeoutMs: 60_000 });
      const ask = await modernClient({ url: `${gateway.url}/mcp`, token: gateway.adminToken }, {});
      const call = (id: string) => ask('tools/call', { name: 'patient-record', arguments: { id } });
      expect((await call('slow')).result.content[0].text).toBe('slow');
      await gateway.admin.call('PUT', `/gateways/${patient.id}`, { timeoutMs: null });
      await expect.poll(async () => (await call('cut')).error?.data?.['reason']).toBe('upstream.timed_out');
    } finally {
      await ledger.stop();
    }
  });
});
