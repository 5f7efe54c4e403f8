import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { fail, type FailureCode } from '#libs/errors';
import {
  ADMIN,
  type Registry,
  RegistryBench,
  prompt,
  resource,
  template,
  tool,
  upstream,
  userOf,
} from './given-registry.js';

let bench: RegistryBench;
let registry: Registry;
beforeAll(async () => {
  bench = await RegistryBench.open();
  registry = await bench.registry();
});
afterAll(() => bench.close());
beforeEach(() => {
  registry.changes.length = 0;
  registry.upstreamChanges.length = 0;
});

/** Everything a definition may hold that a detour over JavaScript objects would change. */
const ODD =
  '{ "zeta":1.0, "name":"odd", "description":"\\u0041\\u0000 and \\ud83d\\ude00", "inputSchema":{"type":"object","maximum":1E400,' +
  '"const":12345678901234567890123,"10":"b","2":"a","$schema":"https://json-schema.org/draft/2020-12/schema"},' +
  '"annotations":{"readOnlyHint":true},"_meta":{"vendor/x":0.10},"icons":[{"src":"data:image/png;base64,AA=="}],"unheard-of":-0}';

describe('registering a gateway', () => {
  it('a registration is committed and announced when it answers what was found', async () => {
    const gateway = await registry.register(
      'Weather Desk',
      upstream({
        tools: [tool('now'), tool('forecast')],
        prompts: [prompt('report')],
        resources: [resource('weather://today')],
        resourceTemplates: [template('weather://{day}')],
        instructions: 'Ask about\0 the weather',
      }),
    );
    expect(gateway).toMatchObject({
      name: 'Weather Desk',
      slug: 'weather-desk',
      toolCount: 2,
      promptCount: 1,
      resourceCount: 1,
      resourceTemplateCount: 1,
      protocolVersion: '2026-07-28',
      era: 'auto',
      eras: ['modern'],
      transport: 'STREAMABLEHTTP',
      enabled: true,
      reachable: true,
      ownerEmail: ADMIN.id,
      visibility: 'public',
      refused: [],
    });
    const catalog = await registry.describe();
    expect(registry.changes).toEqual([
      {
        revision: catalog.revision,
        lists: ['tools', 'prompts', 'resources'],
        serverIds: [],
        upstreamIds: [gateway.id],
      },
    ]);
    expect(catalog.tools.map(({ name, upstreamName }) => [name, upstreamName])).toEqual([
      ['weather-desk-now', 'now'],
      ['weather-desk-forecast', 'forecast'],
    ]);
    expect(catalog.prompts.map(({ name }) => name)).toEqual(['weather-desk-report']);
    expect(catalog.resourceTemplates.map(({ uriTemplate }) => uriTemplate)).toEqual(['weather://{day}']);
    expect(catalog.upstreams[0]).toMatchObject({ id: gateway.id, instructions: 'Ask about the weather' });
    expect(await registry.resolve(gateway.id)).toMatchObject({
      id: gateway.id,
      url: gateway.url,
      transport: 'STREAMABLEHTTP',
    });
  });

  it.each<FailureCode>([
    'upstream.unreachable',
    'upstream.not_mcp',
    'upstream.unauthorised',
    'upstream.invalid_answer',
    'upstream.timed_out',
    'upstream.refused',
  ])('registering a gateway answers %s as such, keeps nothing and forgets the credential', async (code) => {
    const failure = fail(code);
    registry.around.upstreams.set('http://broken.example/', failure);
    const answer = await registry.ask('POST', '/gateways', {
      name: 'broken',
      url: 'http://broken.example/',
      authType: 'bearer',
      authToken: 'secret-token',
    });
    expect(answer).toMatchObject({ status: failure.httpStatus, body: { code, detail: failure.message } });
    expect(registry.around.credentials.size).toBe(0);
    expect((await registry.ask('GET', '/gateways?tags=&limit=0')).text).not.toContain('"broken"');
    expect(registry.changes).toEqual([]);
    expect(registry.upstreamChanges).toEqual([
      { upstreamId: registry.around.discoveries.at(-1)?.profile.id, change: 'removed' },
    ]);
  });

  it('a registration keeps definitions byte for byte, but for the name, when it exposes them', async () => {
    const gateway = await registry.register(
      'Odd',
      upstream({ tools: [{ name: 'odd', definition: ODD, headerParams: [] }] }),
    );
    const prefixed = (await registry.describe()).tools.find(({ upstreamId }) => upstreamId === gateway.id);
    expect(prefixed?.name).toBe('odd-odd');
    for (const bytes of [
      '1.0',
      '1E400',
      '12345678901234567890123',
      '"10":"b","2":"a"',
      '0.10',
      '"unheard-of":-0',
      '\\u0041\\u0000',
    ]) {
      expect(prefixed?.definition).toContain(bytes);
    }
    await registry.ask('PUT', `/gateways/${gateway.id}`, { toolPrefix: '' });
    const own = (await registry.describe()).tools.find(({ upstreamId }) => upstreamId === gateway.id);
    expect(own).toMatchObject({ name: 'odd', definition: ODD });
  });

  it('a registration leaves an entry out with the reason when it cannot be offered', async () => {
    const gateway = await registry.register(
      'Crooked',
      upstream({
        tools: [
          tool('fine'),
          tool('fine'),
          tool('sp ace'),
          tool('se\u200barch'),
          tool('а-cyrillic'),
          tool('x'.repeat(121)),
          { name: 'twice', definition: '{"name":"twice","name":"other"}', headerParams: [] },
        ],
        resources: [resource('file:///a\0b'), resource('file:///../../etc/passwd')],
        refused: [{ list: 'tools', name: 'mirrored', reason: 'illegal x-mcp-header' }],
      }),
    );
    expect(gateway.toolCount).toBe(3);
    expect(gateway.resourceCount).toBe(1);
    expect(
      gateway.refused.map(({ name, reason }: { name: string; reason: string }) => [
        name.slice(0, 12),
        reason.split(';')[0],
      ]),
    ).toEqual([
      ['mirrored', 'illegal x-mcp-header'],
      ['fine', 'the name is offered twice'],
      ['se\ufffdarch', 'the name has control or invisible characters'],
      ['x'.repeat(12), 'the name is longer than 128 characters with its prefix'],
      ['twice', 'the definition is malformed, too deep, or has a key that stands twice'],
      ['file:///a\ufffdb', 'the URI has control or invisible characters'],
      ...['sp ace', 'а-cyrillic'].map((name) => [
        name,
        `offered, but as "crooked-${name}", and the models of some clients take no name but of A-Z a-z 0-9 _ - with at most 64 characters`,
      ]),
    ]);
  });

  it('a gateway keeps its credential when the mask it shows is sent back', async () => {
    const gateway = await registry.register('Guarded', upstream(), {
      auth_type: 'authheaders',
      auth_headers: [{ key: 'X-Api_Key', value: 's3cret-value' }],
    });
    expect(gateway.authHeaders).toEqual([{ key: 'X-Api_Key', value: '*****' }]);
    expect(registry.around.credentials.get(gateway.id)).toEqual({ headers: { 'X-Api_Key': 's3cret-value' } });

    const update = { ...gateway, description: 'now described' };
    const answer = await registry.ask('PUT', `/gateways/${gateway.id}`, update);
    expect(answer).toMatchObject({
      status: 200,
      body: { description: 'now described', authHeaders: gateway.authHeaders },
    });
    expect(registry.around.credentials.get(gateway.id)).toEqual({ headers: { 'X-Api_Key': 's3cret-value' } });

    const basic = await registry.ask('PUT', `/gateways/${gateway.id}`, {
      authType: 'basic',
      authUsername: 'u',
      authPassword: 'p',
    });
    expect(basic.body).toMatchObject({ authType: 'basic', authUsername: 'u', authPassword: '*****' });
    expect(registry.around.credentials.get(gateway.id)).toEqual({ headers: { Authorization: 'Basic dTpw' } });
    expect(registry.around.discoveries.at(-1)?.credential).toEqual({ headers: { Authorization: 'Basic dTpw' } });
  });

  it('an update is refused without a new credential when the gateway moves to another origin', async () => {
    const gateway = await registry.register('Moving', upstream(), { authType: 'bearer', authToken: 'tok' });
    registry.around.upstreams.set('http://elsewhere.example/', upstream());
    const move = { url: 'http://elsewhere.example/' };
    expect((await registry.ask('PUT', `/gateways/${gateway.id}`, move)).status).toBe(422);
    expect((await registry.ask('PUT', `/gateways/${gateway.id}`, { ...move, authToken: 'new' })).body.url).toBe(
      move.url,
    );
    expect(registry.around.credentials.get(gateway.id)).toEqual({ headers: { Authorization: 'Bearer new' } });
    const trial = registry.around.discoveries.at(-1)?.profile.id;
    expect(trial).not.toBe(gateway.id);
    expect(registry.upstreamChanges).toEqual([
      { upstreamId: trial, change: 'removed' },
      { upstreamId: gateway.id, change: 'updated' },
    ]);
  });

  it('a gateway hands its further addresses over as they were given, and drops them when told to', async () => {
    const addresses = [{ url: 'http://second.example/mcp' }, { url: 'https://third.example/', priority: 0, weight: 7 }];
    const gateway = await registry.register('Spread', upstream(), { addresses });
    const kept = [{ url: 'http://second.example/mcp', priority: 1, weight: 100 }, addresses[1]];
    expect(gateway).toMatchObject({ addresses: kept, addressStandings: [] });
    expect(registry.around.discoveries.at(-1)?.profile.addresses).toEqual(kept);
    const path = `/gateways/${gateway.id}`;
    expect((await registry.ask('PUT', path, { description: 'the same' })).body.addresses).toEqual(kept);
    expect((await registry.ask('PUT', path, { addresses: null })).body.addresses).toEqual([]);
    expect(registry.around.discoveries.at(-1)?.profile).not.toHaveProperty('addresses');
  });

  it.each<[string, object, string]>([
    ['a text that is no URL', { addresses: [{ url: 'nowhere' }] }, 'addresses.0.url'],
    ['another protocol', { addresses: [{ url: 'ftp://second.example/' }] }, 'addresses.0.url'],
    ['a credential', { addresses: [{ url: 'http://ada:secret@second.example/' }] }, 'addresses.0.url'],
    ['a query', { addresses: [{ url: 'http://second.example/?key=secret' }] }, 'addresses.0.url'],
    ['the URL of the gateway again', { addresses: [{ url: 'http://FIRST.example/mcp' }] }, 'addresses.0.url'],
    [
      'one of them twice',
      { addresses: [{ url: 'http://b.example' }, { url: 'http://b.example/' }] },
      'addresses.1.url',
    ],
    [
      'more than eight',
      { addresses: Array.from({ length: 9 }, (_, at) => ({ url: `http://${at}.example` })) },
      'addresses',
    ],
    ['a weight of nothing', { addresses: [{ url: 'http://b.example', weight: 0 }] }, 'addresses.0.weight'],
    ['a member that is not known', { addresses: [{ url: 'http://b.example', port: 1 }] }, 'addresses.0.port'],
    ['a path of a gRPC server', { addresses: [{ url: 'http://b.example/x' }], transport: 'GRPC' }, 'addresses.0.url'],
  ])('a registration is refused when its addresses hold %s', async (_title, more, field) => {
    const body = { name: 'Wrong', url: 'http://first.example/mcp', ...more };
    if ('transport' in more) body.url = 'http://first.example';
    const answer = await registry.ask('POST', '/gateways', body);
    expect(answer.status).toBe(422);
    expect(answer.text).toContain(`"${field}"`);
    expect(answer.text).not.toContain('secret');
  });

  it('an update is refused without a new credential when an address is at another origin', async () => {
    const gateway = await registry.register('Spreading', upstream(), { authType: 'bearer', authToken: 'tok' });
    const path = `/gateways/${gateway.id}`;
    const spread = { addresses: [{ url: 'http://second.example/mcp' }] };
    expect((await registry.ask('PUT', path, spread)).status).toBe(422);
    expect((await registry.ask('PUT', path, { ...spread, authToken: 'new' })).status).toBe(200);
    const { origin } = new URL(gateway.url);
    const inside = { addresses: [...spread.addresses, { url: `${origin}/other` }] };
    expect((await registry.ask('PUT', path, inside)).status).toBe(200);
    expect(registry.around.credentials.get(gateway.id)).toEqual({ headers: { Authorization: 'Bearer new' } });
  });

  it('a gateway keeps its state when the new address does not answer', async () => {
    const gateway = await registry.register('Steady', upstream({ tools: [tool('a')] }));
    const answer = await registry.ask('PUT', `/gateways/${gateway.id}`, { url: 'http://nowhere.example/' });
    expect(answer).toMatchObject({ status: 502, body: { code: 'upstream.unreachable' } });
    expect((await registry.ask('GET', `/gateways/${gateway.id}`)).body).toMatchObject({
      url: gateway.url,
      toolCount: 1,
    });
    expect(registry.upstreamChanges).toEqual([{ upstreamId: gateway.id, change: 'updated' }]);
  });

  it('a registration is refused, and the members are named, when the body gives id, owner or state', async () => {
    const body = {
      id: 'f'.repeat(32),
      owner_email: 'other@example.com',
      enabled: false,
      is_admin: true,
      reachable: false,
    };
    const answer = await registry.ask('POST', '/gateways', {
      name: 'Massive',
      url: 'http://massive.example/mcp',
      ...body,
    });

    expect(answer.status).toBe(422);
    expect(answer.body.errors.map(({ field }: { field: string }) => field).sort()).toEqual([
      'enabled',
      'id',
      'isAdmin',
      'ownerEmail',
      'reachable',
    ]);
    const gateway = await registry.register('Massive', upstream());
    expect(gateway).toMatchObject({ ownerEmail: ADMIN.id, enabled: true, reachable: true });
  });

  it('a registration is taken when a client of ContextForge sends all its members, unused ones at their defaults', async () => {
    const gateway = await registry.register('Complete', upstream(), {
      description: null,
      transport: 'STREAMABLEHTTP',
      passthrough_headers: null,
      auth_type: null,
      auth_username: null,
      auth_password: null,
      auth_token: null,
      auth_header_key: null,
      auth_header_value: null,
      auth_headers: null,
      oauth_config: null,
      auth_query_param_key: null,
      auth_query_param_value: null,
      auth_value: null,
      one_time_auth: false,
      tags: [],
      team_id: null,
      owner_email: null,
      visibility: 'public',
      ca_certificate: null,
      ca_certificate_sig: null,
      signing_algorithm: 'ed25519',
      client_cert: null,
      client_key: null,
      refresh_interval_seconds: null,
      gateway_mode: 'cache',
      identity_propagation: null,
    });

    expect(gateway).toMatchObject({ name: 'Complete', reachable: true });
  });

  it.each([
    ['no URL', { name: 'bad' }],
    ['a URL of another scheme', { name: 'bad', url: 'file:///etc/passwd' }],
    ['a URL with a password beside a credential', { name: 'bad', url: 'http://u:p@host/', authToken: 't' }],
    ['a URL with a mask', { name: 'bad', url: 'http://host/?key=*****' }],
    ['a name without letters', { name: '💥', url: 'http://x.example/' }],
    ['an invisible character', { name: 'b\u0000d', url: 'http://x.example/' }],
    ['an unknown transport', { name: 'bad', url: 'http://x.example/', transport: 'CARRIER_PIGEON' }],
    ['an illegal prefix', { name: 'bad', url: 'http://x.example/', toolPrefix: 'a b' }],
    [
      'a reserved header',
      { name: 'bad', url: 'http://x.example/', authHeaders: [{ key: 'Mcp-Session-Id', value: '1' }] },
    ],
    ['a broken header', { name: 'bad', url: 'http://x.example/', authHeaders: [{ key: 'X', value: 'a\r\nB: c' }] }],
    ['a mask for a secret', { name: 'bad', url: 'http://x.example/', authToken: '*****' }],
    ['a command with a URL', { name: 'bad', url: 'http://x.example/', command: 'npx' }],
    ['a team for nobody', { name: 'bad', url: 'http://x.example/', visibility: 'team' }],
    ['an unknown team', { name: 'bad', url: 'http://x.example/', visibility: 'public', teamId: 'nowhere' }],
  ])('registering a gateway refuses %s', async (_what, body) => {
    const answer = await registry.ask('POST', '/gateways', body);
    expect(answer).toMatchObject({ status: 422, body: { code: 'http.invalid', detail: expect.any(String) } });
  });
});

describe('STDIO gateways', () => {
  it('a STDIO gateway shows the names of its variables alone when auth keeps their values', async () => {
    registry.around.upstreams.set('npx', upstream({ transport: 'STDIO', tools: [tool('run')] }));
    const { body: gateway } = await registry.ask('POST', '/v1/gateways', {
      name: 'local',
      transport: 'STDIO',
      command: 'npx',
      args: ['-y', 'server'],
      env: { API_KEY: 'k3y', snake_name: 'kept' },
    });
    expect(gateway).toMatchObject({
      transport: 'STDIO',
      command: 'npx',
      url: null,
      env: { API_KEY: '*****', snake_name: '*****' },
    });
    expect(registry.around.credentials.get(gateway.id)).toEqual({ env: { API_KEY: 'k3y', snake_name: 'kept' } });
    expect(await registry.resolve(gateway.id)).toMatchObject({ command: 'npx', args: ['-y', 'server'], url: null });
    const other = await registry.ask('PUT', `/gateways/${gateway.id}`, { command: 'sh' }, 'admin');
    expect(other).toMatchObject({ status: 502, body: { code: 'upstream.unreachable' } });
  });

  it.each(['NODE_OPTIONS', 'LD_PRELOAD', 'ld_library_path', 'PATH', 'BASH_ENV', 'A B', ''])(
    'STDIO gateways may not set %s',
    async (name) => {
      const answer = await registry.ask('POST', '/gateways', {
        name: 'evil',
        transport: 'STDIO',
        command: 'npx',
        env: { [name]: 'x' },
      });
      expect(answer.status).toBe(422);
    },
  );

  it('a STDIO gateway is refused when the caller is no administrator or the operator forbids it', async () => {
    registry.around.principals.set('user', userOf('user@example.com'));
    const body = { name: 'mine', transport: 'STDIO', command: 'npx' };
    expect(await registry.ask('POST', '/gateways', body, 'user')).toMatchObject({
      status: 403,
      body: { code: 'auth.grant_missing' },
    });
    const strict = await bench.registry(registry.around, { MCPGATEWAY_STDIO_TRANSPORT_ENABLED: 'false' });
    expect(await strict.ask('POST', '/gateways', body)).toMatchObject({
      status: 422,
      body: { code: 'upstream.refused' },
    });
  });
});

describe('names', () => {
  it('a registration is refused when another gateway has the name or the slug', async () => {
    await registry.register('Café One', upstream());
    for (const name of ['Café One', 'cafe one', 'CAFE--ONE!']) {
      const answer = await registry.ask('POST', '/gateways', { name, url: 'http://other.example/' });
      expect(answer).toMatchObject({
        status: 409,
        body: { code: 'registry.name_taken', detail: expect.stringContaining('Café One') },
      });
    }
  });

  it('a registration is refused with both sides named when two tools would have one exposed name', async () => {
    await registry.register('First', upstream({ tools: [tool('search')], prompts: [prompt('p')] }), {
      toolPrefix: 'web_',
    });
    registry.around.upstreams.set('http://second.example/', upstream({ tools: [tool('_search'), tool('other')] }));
    const answer = await registry.ask('POST', '/gateways', {
      name: 'Second',
      url: 'http://second.example/',
      toolPrefix: 'web',
    });
    expect(answer.status).toBe(409);
    expect(answer.body).toMatchObject({
      code: 'registry.name_taken',
      collisions: [
        {
          name: 'web_search',
          gateway: 'Second',
          originalName: '_search',
          takenBy: { gateway: 'First', originalName: 'search' },
        },
      ],
    });
    expect(answer.body.detail).toMatch(
      /"_search" of the gateway "Second".*"web_search".*"search" of the gateway "First"/,
    );
    expect((await registry.ask('GET', '/gateways')).text).not.toContain('Second');
  });

  it("exposed names follow the gateway when its prefix or name changes, even into each other's old names", async () => {
    const gateway = await registry.register('Chain', upstream({ tools: [tool('b'), tool('ab'), tool('aab')] }), {
      toolPrefix: '',
    });
    const names = async () =>
      (await registry.describe()).tools.filter(({ upstreamId }) => upstreamId === gateway.id).map(({ name }) => name);
    expect((await registry.ask('PUT', `/gateways/${gateway.id}`, { tool_prefix: 'a' })).status).toBe(200);
    expect(await names()).toEqual(['ab', 'aab', 'aaab']);
    await registry.ask('PUT', `/gateways/${gateway.id}`, { toolPrefix: null, name: 'Chain Two' });
    expect(await names()).toEqual(['chain-two-b', 'chain-two-ab', 'chain-two-aab']);
    const tooLong = await registry.ask('PUT', `/gateways/${gateway.id}`, { name: 'First' });
    expect(tooLong.status).toBe(409);
  });
});

describe('names as ContextForge spells them', () => {
  const named = async (gatewayId: string): Promise<Record<string, string>> =>
    Object.fromEntries(
      (await registry.ask('GET', `/tools?gateway_id=${gatewayId}`)).body.map(
        (one: { originalName: string; name: string }) => [one.originalName, one.name],
      ),
    );

  it('a gateway spells names in the style that it was registered with, also after a refresh', async () => {
    const gateway = await registry.register('My Files', upstream({ tools: [tool('read_file')] }), {
      toolNameStyle: 'contextforge',
    });
    registry.around.upstreams.set(gateway.url, upstream({ tools: [tool('read_file'), tool('List.All')] }));
    await registry.ask('POST', `/gateways/${gateway.id}/tools/refresh`);
    expect(await named(gateway.id)).toEqual({ read_file: 'my-files-read-file', 'List.All': 'my-files-list-all' });
    const catalog = await registry.describe();
    expect(catalog.tools.filter(({ upstreamId }) => upstreamId === gateway.id)).toMatchObject([
      { name: 'my-files-read-file' },
      { name: 'my-files-list-all' },
    ]);

    const [{ id }] = (await registry.ask('GET', `/tools?gateway_id=${gateway.id}`)).body;
    expect((await registry.ask('PUT', `/tools/${id}`, { customName: 'Open_It' })).body.name).toBe('my-files-open-it');
    await registry.ask('PUT', `/gateways/${gateway.id}`, { toolNameStyle: 'exact' });
    expect(await named(gateway.id)).toEqual({ read_file: 'my-files-Open_It', 'List.All': 'my-files-List.All' });
  });

  it('a gateway keeps the names that it has when TOOL_NAME_STYLE is another, and new ones follow it', async () => {
    const before = await registry.register('Before', upstream({ tools: [tool('a_b')] }));
    const later = await bench.registry(registry.around, { TOOL_NAME_STYLE: 'contextforge' });
    const after = await later.register('After', upstream({ tools: [tool('a_b')] }));
    const own = await later.register('Own', upstream({ tools: [tool('a_b')] }), { toolNameStyle: 'exact' });
    await later.ask('POST', `/gateways/${before.id}/tools/refresh`);
    expect([await named(before.id), await named(after.id), await named(own.id)]).toEqual([
      { a_b: 'before-a_b' },
      { a_b: 'after-a-b' },
      { a_b: 'own-a_b' },
    ]);
    expect((await later.ask('POST', '/tools', { name: 'by_hand', url: 'http://hand.example/' })).body.name).toBe(
      'by_hand',
    );
  });

  it('the first of two names keeps it when both would be spelt alike', async () => {
    const gateway = await registry.register('Alike', upstream({ tools: [tool('a_b'), tool('a-b')] }), {
      toolNameStyle: 'contextforge',
    });
    expect(gateway.refused).toEqual([{ list: 'tools', name: 'a-b', reason: 'the name "alike-a-b" is taken' }]);
    registry.around.upstreams.set(gateway.url, upstream({ tools: [tool('A_B'), tool('a-b'), tool('a_b')] }));
    const { body } = await registry.ask('POST', `/gateways/${gateway.id}/tools/refresh`);
    expect(body.validationErrors.map(({ name }: { name: string }) => name)).toEqual(['A_B', 'a-b']);
    expect(await named(gateway.id)).toEqual({ a_b: 'alike-a-b' });

    const exact = await registry.register('Exact', upstream({ tools: [tool('a_b'), tool('a-b')] }));
    expect(await registry.ask('PUT', `/gateways/${exact.id}`, { toolNameStyle: 'contextforge' })).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining('would both be called "exact-a-b"') },
    });
  });
});

describe('removing a gateway', () => {
  it('a removed gateway takes its entries, associations and credential with it when it is deleted', async () => {
    const gateway = await registry.register('Leaving', upstream({ tools: [tool('t')] }), { authToken: 'tok' });
    const server = (
      await registry.ask('POST', '/servers', { server: { name: 'holds it', associated_tools: ['leaving-t'] } })
    ).body;
    registry.changes.length = 0;
    registry.upstreamChanges.length = 0;

    expect((await registry.ask('DELETE', `/gateways/${gateway.id}`)).body.status).toBe('success');

    expect((await registry.ask('GET', `/gateways/${gateway.id}`)).status).toBe(404);
    expect((await registry.ask('GET', `/servers/${server.id}`)).body.associatedTools).toEqual([]);
    expect(registry.around.credentials.has(gateway.id)).toBe(false);
    expect(registry.changes).toMatchObject([{ serverIds: [server.id], upstreamIds: [gateway.id] }]);
    expect(registry.upstreamChanges).toEqual([{ upstreamId: gateway.id, change: 'removed' }]);
    await expect(registry.resolve(gateway.id)).rejects.toMatchObject({ code: 'upstream.unknown' });
  });
});

describe('disabling a gateway', () => {
  it('a gateway is out of the catalog and out of reach when it is disabled', async () => {
    const gateway = await registry.register('Sleepy', upstream({ tools: [tool('t')] }));
    const { body } = await registry.ask('POST', `/gateways/${gateway.id}/state?activate=false`);
    expect(body).toMatchObject({ status: 'success', gateway: { enabled: false } });
    expect((await registry.describe()).tools.some(({ upstreamId }) => upstreamId === gateway.id)).toBe(false);
    await expect(registry.resolve(gateway.id)).rejects.toMatchObject({ code: 'upstream.unknown' });
    expect((await registry.ask('GET', `/tools?gateway_id=${gateway.id}`)).body).toEqual([]);
    expect((await registry.ask('GET', `/tools?gateway_id=${gateway.id}&include_inactive=true`)).body).toHaveLength(1);
    await registry.ask('POST', `/gateways/${gateway.id}/state?activate=true`);
    expect((await registry.resolve(gateway.id)).id).toBe(gateway.id);
    expect(registry.upstreamChanges.map(({ change }) => change)).toEqual(['removed', 'updated']);
  });
});

describe('a gateway that cannot be reached', () => {
  const URL_OF_LATE = 'http://late.example/mcp';
  const late = { keepUnreachable: true, newTools: 'disabled', authType: 'bearer', authToken: 's3cret' };
  const body = { name: 'Late', url: URL_OF_LATE, ...late };

  it('a gateway that cannot be reached is kept, disabled, with the reason, when the caller asks for that', async () => {
    registry.around.upstreams.set(URL_OF_LATE, fail('upstream.unreachable', { message: 'ECONNREFUSED late.example' }));
    const kept = await registry.ask('POST', '/gateways', body);
    expect(kept).toMatchObject({
      status: 201,
      body: { enabled: false, reachable: false, toolCount: 0, lastError: 'ECONNREFUSED late.example' },
    });
    expect((await registry.describe()).upstreams.map(({ name }) => name)).not.toContain('Late');
    expect(registry.around.credentials.get(kept.body.id)).toBeDefined();

    registry.around.upstreams.set(URL_OF_LATE, fail('upstream.timed_out', { message: 'too late' }));
    const state = `/gateways/${kept.body.id}/state?activate=true`;
    expect(await registry.ask('POST', state)).toMatchObject({ status: 504, body: { code: 'upstream.timed_out' } });
    const still = (await registry.ask('GET', `/gateways/${kept.body.id}`)).body;
    expect(still).toMatchObject({ enabled: false, lastError: 'too late' });

    registry.around.upstreams.set(URL_OF_LATE, upstream({ tools: [tool('one')] }));
    const tried = await registry.ask('POST', state);
    expect(tried.body.gateway).toMatchObject({ enabled: true, reachable: true, toolCount: 1, lastError: null });
    expect((await registry.describe()).tools.map(({ name }) => name)).toContain('late-one');
  });

  it.each([
    ['nobody asks for it to be kept', { keepUnreachable: false }, 502],
    ['its body makes no connection', { url: 'ftp://late.example' }, 422],
    ['it is an HTTP API', { transport: 'OPENAPI', openapi: { url: 'http://late.example/openapi.json' } }, 422],
  ])('a gateway that cannot be reached is not registered when %s', async (_, more, status) => {
    registry.around.upstreams.set('http://never.example/mcp', fail('upstream.unreachable'));
    const answer = await registry.ask('POST', '/gateways', {
      ...body,
      name: 'Never',
      url: 'http://never.example/mcp',
      ...more,
    });
    expect(answer.status).toBe(status);
    expect((await registry.ask('GET', '/gateways?include_inactive=true')).text).not.toContain('"Never"');
  });

  it('a gateway that cannot be reached is shown without the reason when the caller may not change it', async () => {
    registry.around.principals.set('guest', userOf('guest@example.com'));
    registry.around.upstreams.set(
      'http://shut.example/mcp',
      fail('upstream.unreachable', { message: 'inner details' }),
    );
    const shut = { ...body, name: 'Shut', url: 'http://shut.example/mcp' };
    const { id } = (await registry.ask('POST', '/gateways', shut)).body;
    const seen = await registry.ask('GET', `/gateways/${id}`, undefined, 'guest');
    expect(seen.status).toBe(200);
    expect(seen.text).not.toContain('inner details');
  });
});
