import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ReadChallenge } from '#contracts/tool-invocation/web/read-challenge.request';
import { fail } from '#libs/errors';
import { temporaryFolder } from '#libs/testing';
import { type Registry, RegistryBench, Surroundings, tool, upstream, userOf } from './given-registry.js';

const KEY = 'sk-planted-never-shown';
const folder = temporaryFolder('known-servers');
const file = join(folder, 'mcp-catalog.yml');

interface Entry {
  readonly [member: string]: unknown;
}

const entry = (id: string, more: Entry = {}): Entry => ({
  id,
  name: id.toUpperCase(),
  category: 'Data',
  provider: 'Example',
  url: `https://${id}.example/mcp`,
  auth_type: 'Open',
  description: `What ${id} does`,
  ...more,
});

let stamp = 0;
/** Each text has another length, so that it counts as changed however quickly it was written. */
const write = (text: string): void => writeFileSync(file, text.padEnd(text.length + ++stamp));
const writeEntries = (...entries: readonly Entry[]): void => write(JSON.stringify({ catalog_servers: entries }));

let bench: RegistryBench;
let registry: Registry;
let asked = 0;
const around = new Surroundings();

beforeAll(async () => {
  bench = await RegistryBench.open();
  registry = await bench.registry(around, { MCPGATEWAY_CATALOG_FILE: file });
  registry.service.bus.answer(ReadChallenge, async ({ url }) => {
    asked += 1;
    if (url.includes('gone')) throw fail('upstream.unreachable', { message: 'nobody is there' });
    return { status: url.includes('sick') ? 503 : 401, challenge: null };
  });
  around.principals.set('reader', userOf('reader@example.com', ['home'], ['servers.read', 'gateways.read']));
  around.principals.set('chooser', userOf('chooser@example.com', ['home'], ['servers.read']));
  around.principals.set('half', userOf('half@example.com', ['home'], ['servers.read', 'servers.create']));
  around.principals.set('maker', userOf('maker@example.com', ['home'], ['servers.*', 'gateways.*']));
});
afterAll(async () => {
  await bench.close();
  rmSync(folder, { recursive: true });
});

const list = async (query = '', token = 'admin') =>
  (await registry.ask('GET', `/v1/catalog${query}`, undefined, token)).body;
const idsOf = async (query: string): Promise<string[]> =>
  (await list(query)).servers.map(({ id }: { id: string }) => id);
const register = (id: string, body: Entry = {}, token = 'admin') =>
  registry.ask('POST', `/v1/catalog/${id}/register`, body, token);
const offer = (id: string): void =>
  void around.upstreams.set(`https://${id}.example/mcp`, upstream({ tools: [tool('look')] }));

describe('the file of the catalog', () => {
  it('a catalog without a file is empty', async () => {
    expect(await list()).toMatchObject({ servers: [], total: 0, problems: ['The file cannot be read: ENOENT'] });
  });

  it.each([
    ['a text that is neither YAML nor JSON', 'catalog_servers: [', /neither JSON nor YAML/],
    ['a document without a list', 'servers: []', /"catalog_servers" must be a list/],
    ['a list that is none', 'catalog_servers: {a: 1}', /"catalog_servers" must be a list/],
    [
      'more servers than it may have',
      JSON.stringify({ catalog_servers: Array.from({ length: 1_001 }, () => ({})) }),
      /limit is 1000/,
    ],
    ['a file that is too large', 'x'.repeat(1024 * 1024), /limit is 1048576/],
    [
      'aliases that swell',
      `a: &a [${'1,'.repeat(99)}1]\nb: &b [${'*a,'.repeat(99)}*a]\nc: [${'*b,'.repeat(99)}*b]`,
      /values/,
    ],
    ['a document that nests too deeply', `catalog_servers: ${'['.repeat(40)}${']'.repeat(40)}`, /nests deeper|neither/],
  ])('a catalog says what is wrong when it is %s', async (_what, text, problem) => {
    write(text);
    const { servers, problems } = await list();
    expect(servers).toEqual([]);
    expect(problems[0]).toMatch(problem);
  });

  it.each([
    [{ url: 'ftp://x.example' }, /url must be an http or https URL/],
    [{ url: `https://user:${KEY}@x.example/mcp` }, /url must not hold a credential/],
    [{ url: `https://x.example/mcp?key=${KEY}` }, /url must not have a query/],
    [{ auth_type: 'Magic' }, /authType must be one of/],
    [{ transport: 'WEBSOCKET' }, /transport must be STREAMABLEHTTP or SSE/],
    [{ api_key: KEY }, /apiKey: is not known here/],
    [{ logo_url: 'javascript:alert(1)' }, /logoUrl must be an http or https URL/],
    [{ api_key_header: 'X-Key', api_key_query: 'key' }, /one of them/],
    [{ api_key_header: 'X Key' }, /apiKeyHeader must be the name of a header/],
    [{ id: '../x' }, /id must be of a-z/],
    [{ id: 'fine' }, /another entry has the same id/],
    [{ tags: 'forecast' }, /tags must be an array/],
    [{ oauth_config: { token_url: 'file:///etc/passwd' } }, /tokenUrl must be an http/],
  ])('an entry with %o is left out and named, and the others stay', async (wrong, problem) => {
    writeEntries(entry('fine'), entry('odd', wrong));
    const { servers, problems } = await list();
    expect(servers.map(({ id }: { id: string }) => id)).toEqual(['fine']);
    expect(problems).toEqual([expect.stringMatching(problem)]);
    expect(JSON.stringify(problems)).not.toContain(KEY);
  });
});

describe('servers of the catalog', () => {
  it('servers of the catalog are listed with whether they are registered and reachable, and narrowed by every filter', async () => {
    writeEntries(
      entry('alpha', { tags: ['red', 'round'] }),
      entry('beta', { category: 'Finance', provider: 'Bank', auth_type: 'API Key', tags: ['red'] }),
      entry('gamma', { auth_type: 'OAuth2.1', description: 'Looks for needles' }),
    );
    offer('alpha');
    const { body: gateway } = await registry.ask('POST', '/gateways', {
      name: 'mine',
      url: 'https://alpha.example/mcp',
    });
    const { servers, ...rest } = await list();
    expect(servers[0]).toMatchObject({ is_registered: true, is_available: true, gateway_ids: [gateway.id] });
    expect(servers[1]).toMatchObject({ is_registered: false, is_available: null, requires_api_key: true });
    expect(rest).toEqual({
      total: 3,
      categories: ['Data', 'Finance'],
      auth_types: ['API Key', 'OAuth2.1', 'Open'],
      providers: ['Bank', 'Example'],
      all_tags: ['red', 'round'],
      problems: [],
    });
    expect(await idsOf('?category=Finance')).toEqual(['beta']);
    expect(await idsOf('?auth_type=OAuth2.1')).toEqual(['gamma']);
    expect(await idsOf('?provider=Bank')).toEqual(['beta']);
    expect(await idsOf('?search=NEEDLES')).toEqual(['gamma']);
    expect(await idsOf('?tags=round,nothing')).toEqual(['alpha']);
    expect(await idsOf('?tags=round&tags=red')).toEqual(['alpha', 'beta']);
    expect(await idsOf('?show_registered_only=true')).toEqual(['alpha']);
    expect(await idsOf('?limit=1&offset=1')).toEqual(['beta']);
    await bench.query(`UPDATE registry.gateway SET reachable = false WHERE id = '${gateway.id}'`);
    expect((await list()).servers[0]).toMatchObject({ is_registered: true, is_available: false });
    expect(await idsOf('?show_available_only=true')).toEqual(['beta', 'gamma']);
    expect((await registry.ask('GET', '/v1/catalog?colour=red')).status).toBe(422);
  });

  it('a server is registered for those alone who may see its gateway', async () => {
    writeEntries(entry('hidden'));
    offer('hidden');
    expect((await register('hidden', { visibility: 'private' }, 'maker')).status).toBe(201);
    expect((await list('', 'maker')).servers[0].is_registered).toBe(true);
    expect((await list('', 'reader')).servers[0]).toMatchObject({ is_registered: false, gateway_ids: [] });
  });

  it('no gateway is told of to those who may not read gateways when they read the catalog', async () => {
    writeEntries(entry('shared'));
    offer('shared');
    const { body } = await register('shared', { visibility: 'public' });
    expect((await list('', 'reader')).servers[0]).toMatchObject({ is_registered: true, gateway_ids: [body.server_id] });
    expect((await list('', 'chooser')).servers[0]).toMatchObject({
      is_registered: false,
      gateway_ids: [],
      is_available: null,
    });
    const { body: status } = await registry.ask('GET', '/v1/catalog/shared/status', undefined, 'chooser');
    expect(status).toMatchObject({ is_registered: false, is_available: true });
  });

  it('the status of a server says whether it answers, and is asked for once in a while', async () => {
    writeEntries(entry('there'), entry('sick'), entry('gone'));
    const status = async (id: string) => (await registry.ask('GET', `/v1/catalog/${id}/status`)).body;
    asked = 0;
    expect(await status('there')).toMatchObject({ is_available: true, http_status: 401, error: null });
    expect(await status('there')).toMatchObject({ is_available: true });
    expect(asked).toBe(1);
    expect(await status('sick')).toMatchObject({ is_available: false, http_status: 503, error: 'It answered 503' });
    expect(await status('gone')).toMatchObject({ is_available: false, http_status: null, error: 'nobody is there' });
    expect((await registry.ask('GET', '/v1/catalog/nowhere/status')).status).toBe(404);
  });
});

describe('registering a server of the catalog', () => {
  it.each([
    [{ auth_type: 'API Key' }, { authorization: `Bearer ${KEY}` }],
    [{ auth_type: 'API', api_key_header: 'X-Api-Key' }, { 'x-api-key': KEY }],
    [{ auth_type: 'OAuth2.1 & API Key' }, { authorization: `Bearer ${KEY}` }],
    [{ requires_api_key: true }, { authorization: `Bearer ${KEY}` }],
  ])('a server of the catalog with %o is shown its API key, which no answer holds', async (more, headers) => {
    const id = `keyed-${++stamp}`;
    writeEntries(entry(id, more));
    offer(id);
    const { status, body, text } = await register(id, { api_key: KEY });
    expect(status, text).toBe(201);
    expect(body).toMatchObject({ success: true, server_id: body.gateway.id, oauth_required: false });
    expect(text).not.toContain(KEY);
    const kept = around.credentials.get(body.server_id) as { headers?: Record<string, string> };
    const lower = Object.fromEntries(
      Object.entries(kept.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
    );
    expect(lower).toEqual(headers);
  });

  it('a server of the catalog is shown its API key in the query when its entry says so', async () => {
    writeEntries(entry('queried', { auth_type: 'API Key', api_key_query: 'k' }));
    offer('queried');
    const { body } = await register('queried', { api_key: KEY });
    expect(around.credentials.get(body.server_id)).toMatchObject({ query: `k=${KEY}` });
  });

  it('a server of the catalog with OAuth is registered without tools until somebody has consented', async () => {
    writeEntries(
      entry('booked', { auth_type: 'OAuth2.1', oauth_config: { scopes: ['read'], issuer: 'https://sign.example' } }),
    );
    around.upstreams.set('https://booked.example/mcp', fail('upstream.consent_needed'));
    const { status, body, text } = await register('booked', {
      oauth_credentials: { client_id: 'c1', client_secret: KEY },
      name: 'Books',
      description: 'Ours',
    });
    expect(status, text).toBe(201);
    expect(body).toMatchObject({
      oauth_required: true,
      gateway: {
        name: 'Books',
        description: 'Ours',
        authType: 'oauth',
        oauthConfig: {
          grantType: 'authorization_code',
          clientId: 'c1',
          issuer: 'https://sign.example',
          scopes: ['read'],
        },
      },
    });
    expect(text).not.toContain(KEY);
  });

  it.each([
    [{}, {}, 404, /has no server/, 'unknown'],
    [{ auth_type: 'API Key' }, {}, 422, /wants an API key/, 'needy'],
    [{}, { api_key: KEY }, 422, /no use for an API key/, 'open'],
    [{ auth_type: 'API Key' }, { oauth_credentials: { client_id: 'x' } }, 422, /no use for an OAuth client/, 'keys'],
    [
      { auth_type: 'OAuth2.1 & API Key' },
      { api_key: KEY, oauth_credentials: { client_id: 'x' } },
      422,
      /give one/,
      'both',
    ],
    [{}, { colour: 'red' }, 422, /colour: is not known here/, 'colours'],
  ])(
    'a server of the catalog with %o is refused when it is registered with %o',
    async (more, body, status, reason, id) => {
      writeEntries(...(id === 'unknown' ? [] : [entry(id, more)]));
      offer(id);
      const answer = await register(id, body);
      expect(answer.status).toBe(status);
      expect(answer.text).toMatch(reason);
      expect(answer.text).not.toContain(KEY);
    },
  );

  it('a server of the catalog whose name is taken is refused, and registered under another', async () => {
    writeEntries(entry('twice'));
    offer('twice');
    expect((await register('twice')).status).toBe(201);
    expect((await register('twice')).status).toBe(409);
    expect((await register('twice', { name: 'Thrice' })).status).toBe(201);
    expect((await list()).servers[0].gateway_ids).toHaveLength(2);
  });

  it('a server of the catalog is registered by those who may make servers and gateways, and by no others', async () => {
    writeEntries(entry('guarded'));
    offer('guarded');
    expect((await list('', 'reader')).total).toBe(1);
    expect((await register('guarded', {}, 'reader')).status).toBe(403);
    expect((await register('guarded', {}, 'half')).status).toBe(403);
    expect((await registry.ask('GET', '/v1/catalog', undefined, 'stranger')).status).toBe(401);
    expect((await register('guarded', {}, 'maker')).status).toBe(201);
  });

  it('several servers of the catalog are registered at once, each by itself', async () => {
    writeEntries(entry('one'), entry('two', { auth_type: 'API Key' }), entry('three'));
    offer('one');
    offer('three');
    const bulk = async (body: Entry) => (await registry.ask('POST', '/v1/catalog/bulk-register', body)).body;
    expect(await bulk({ server_ids: ['one', 'two', 'three'] })).toEqual({
      successful: ['one', 'three'],
      failed: [{ server_id: 'two', error: '"two" wants an API key: give apiKey' }],
      total_attempted: 3,
      total_successful: 2,
    });
    expect(await bulk({ server_ids: ['one', 'three'], skip_errors: false })).toMatchObject({ total_attempted: 1 });
    const many = Array.from({ length: 21 }, (_, at) => `s${at}`);
    expect((await registry.ask('POST', '/v1/catalog/bulk-register', { server_ids: many })).status).toBe(422);
  });
});

it('the catalog answers 404 when it is switched off', async () => {
  const off = await bench.registry(new Surroundings(), { MCPGATEWAY_CATALOG_ENABLED: 'false' });
  expect((await off.ask('GET', '/v1/catalog')).status).toBe(404);
  expect((await off.ask('POST', '/v1/catalog/x/register', {})).status).toBe(404);
});
