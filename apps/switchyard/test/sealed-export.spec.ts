import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, onTestFailed } from 'vitest';
import {
  type A2aDouble,
  type Gateway,
  type GrpcDouble,
  type McpDouble,
  shopDescriptorSet,
  startA2aDouble,
  startGateway,
  startGrpcDouble,
  startMcpDouble,
} from '#libs/testing';

// oxlint-disable-next-line typescript/no-explicit-any -- whatever JSON came
type Json = any;

const PASSPHRASE = 'a passphrase of twelve';
const TOKEN = 'tok-planted-9a1c';
const KEY = 'key-planted-77b2';
const DOCUMENT_KEY = 'doc-planted-0e44';
const ENV = 'env-planted-5d10';
const PLANTED = /planted/;

const PROGRAM = `
const answers = { initialize: { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 'p', version: '1' } },
  'tools/list': { tools: [{ name: 'look', inputSchema: { type: 'object' } }] } };
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method } = JSON.parse(line);
  if (id === undefined) return;
  const result = answers[method] ?? { content: [{ type: 'text', text: String(process.env.WORD) }] };
  console.log(JSON.stringify({ jsonrpc: '2.0', id, result }));
});`;

const documentOf = (url: string) => ({
  openapi: '3.1.0',
  info: { title: 'Pets', version: '1' },
  servers: [{ url }],
  paths: {
    '/pets': { get: { operationId: 'list', tags: ['read'], responses: { 200: { description: 'ok' } } } },
    '/owners': { get: { operationId: 'owners', tags: ['other'], responses: { 200: { description: 'ok' } } } },
  },
});

describe('exports with a passphrase', () => {
  let from: Gateway;
  let to: Gateway;
  let upstream: McpDouble;
  let agent: A2aDouble;
  let server: GrpcDouble;
  let api: Server;
  let apiUrl = '';
  const shown: string[] = [];

  const ask = async (gateway: Gateway, method: string, path: string, body?: unknown, token = gateway.adminToken) => {
    const response = await fetch(`${gateway.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, text, json: (text === '' ? null : JSON.parse(text)) as Json };
  };
  const call = async (gateway: Gateway, name: string, args: object = {}) =>
    (await ask(gateway, 'POST', `/tools/call/${name}`, { arguments: args })).json;
  const sealed = async (body: object = {}) =>
    (await ask(from, 'POST', '/v1/export', { include_inactive: true, passphrase: PASSPHRASE, ...body })).json;
  const bring = (file: Json, more: object = {}) => ask(to, 'POST', '/v1/import', { import_data: file, ...more });
  const outcomes = ({ json }: { json: Json }): Record<string, string> =>
    Object.fromEntries(json.results.map((each: Json) => [each.name, each.outcome]));

  beforeAll(async () => {
    upstream = await startMcpDouble({
      name: 'weather',
      tools: [{ name: 'forecast', description: 'Says it', inputSchema: { type: 'object' } }],
      call: () => '"content":[]',
      intercept: ({ req }) => {
        shown.push(`${req.url} ${req.headers.authorization} ${req.headers['x-key']}`);
        return false;
      },
    });
    agent = await startA2aDouble({ version: '1.0', wants: `Bearer ${TOKEN}` });
    server = await startGrpcDouble();
    api = createServer((req, res) => {
      const { pathname, searchParams } = new URL(req.url ?? '', apiUrl);
      if (pathname === '/openapi.json' && searchParams.get('key') !== DOCUMENT_KEY) return res.writeHead(403).end();
      shown.push(`${req.url} ${req.headers.authorization} ${req.headers['x-key']}`);
      const body = pathname === '/openapi.json' ? documentOf(apiUrl) : {};
      return res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
    await new Promise<void>((resolve) => void api.listen(0, '127.0.0.1', resolve));
    apiUrl = `http://127.0.0.1:${(api.address() as AddressInfo).port}`;
    const env = { MCPGATEWAY_STDIO_TRANSPORT_ENABLED: 'true' };
    [from, to] = await Promise.all([
      startGateway({ mode: 'embedded', env }),
      startGateway({ mode: 'embedded', env: { ...env, GATEWAY_ID: 'to' } }),
    ]);
    const register = async (body: object) => {
      const { status, text } = await ask(from, 'POST', '/gateways', body);
      expect(status, text).toBe(201);
    };
    const second = new URL(upstream.url);
    second.hostname = 'localhost';
    await register({
      name: 'weather',
      url: upstream.url,
      authToken: TOKEN,
      addresses: [{ url: second.href, priority: 3 }],
      timeoutMs: 4_321,
      era: 'modern',
      listTtlMs: 60_000,
      changes: 'hold_all',
      tags: ['sky'],
    });
    await register({ name: 'keyed', url: `${upstream.url}?key=${KEY}` });
    await register({ name: 'pair', url: upstream.url, authType: 'basic', authUsername: 'ada', authPassword: KEY });
    await register({ name: 'heads', url: upstream.url, authHeaders: [{ key: 'X-Key', value: KEY }] });
    await register({ name: 'query', url: upstream.url, authQueryParamKey: 'k', authQueryParamValue: KEY });
    await register({ name: 'plain', url: upstream.url });
    await register({ name: 'agent', transport: 'A2A', url: agent.url, authToken: TOKEN });
    await register({ name: 'shop', transport: 'GRPC', url: server.url, authHeaders: [{ key: 'x-key', value: KEY }] });
    await register({
      name: 'shop2',
      transport: 'GRPC',
      url: server.url,
      grpc: { descriptorSet: shopDescriptorSet().toString('base64') },
    });
    await register({
      name: 'pets',
      transport: 'OPENAPI',
      openapi: { documentUrl: `${apiUrl}/openapi.json?key=${DOCUMENT_KEY}`, tags: ['read'] },
      authHeaders: [{ key: 'X-Key', value: KEY }],
    });
    await register({
      name: 'program',
      transport: 'STDIO',
      command: process.execPath,
      args: ['-e', PROGRAM],
      env: { WORD: ENV },
    });
    await ask(from, 'POST', '/tools', { name: 'by_hand', url: `${apiUrl}/x`, requestType: 'GET', authToken: TOKEN });
    await ask(from, 'POST', '/prompts', { name: 'trip', template: 'To {{ city }}', arguments: [{ name: 'city' }] });
  });
  afterAll(async () => {
    await Promise.all([from?.stop(), to?.stop()]);
    await Promise.all([upstream?.stop(), agent?.stop(), server?.stop()]);
    api?.closeAllConnections();
    await new Promise((resolve) => api?.close(resolve));
  });

  it('an export holds no secret, with or without a passphrase, and says how its credentials are sealed', async () => {
    const plain = await ask(from, 'GET', '/v1/export?include_inactive=true');
    expect(plain.text).not.toMatch(PLANTED);
    expect(plain.json.encryption_method).toBe('none');
    expect(plain.json.entities.gateways.map(({ name }: Json) => name)).not.toContain('keyed');
    const { encryption_method: method, entities, metadata } = await sealed();
    expect(JSON.stringify(entities)).not.toMatch(PLANTED);
    expect(method).toBe('scrypt, AES-256-GCM');
    expect(metadata.left_out).toEqual([]);
    for (const { name, sealed_credential: text = '' } of [...entities.gateways, ...entities.tools])
      expect(/^scrypt1\$15\$8\$3\$[\w-]{22}\$[\w-]{11}\$/.test(text), name).toBe(!['plain', 'shop2'].includes(name));
  });

  it('an export has what is named, by type, name and tag', async () => {
    const names = async (body: object) => {
      const { entities } = (await ask(from, 'POST', '/v1/export', body)).json;
      return Object.values(entities as Record<string, Json[]>).flatMap((list) => list.map(({ name }) => name));
    };
    expect(await names({ selected_entities: { gateways: ['plain'], prompts: [] } })).toEqual(['plain', 'trip']);
    expect(await names({ types: 'gateways', tags: 'sky' })).toEqual(['weather']);
    expect(await names({ selected_entities: { tools: ['by_hand'] } })).toEqual(['by_hand']);
    const [{ id }] = (await ask(from, 'GET', '/v1/gateways?tags=sky')).json;
    const chosen = (await ask(from, 'POST', '/v1/export/selective', { gateways: [id] })).json;
    expect(chosen.entities.gateways.map(({ name }: Json) => name)).toEqual(['weather']);
    expect((await ask(from, 'POST', '/v1/export', { selected_entities: { moons: [] } })).status).toBe(422);
  });

  it('credentials are exported to administrators of the platform alone, and the audit trail says so', async () => {
    const scope = { permissions: ['admin.export', 'gateways.read'] };
    const made = await ask(from, 'POST', '/tokens', { name: 'exports', scope });
    const token = made.json.access_token as string;
    expect((await ask(from, 'POST', '/v1/export', { passphrase: PASSPHRASE }, token)).status).toBe(403);
    expect((await ask(from, 'POST', '/v1/export', {}, token)).status).toBe(200);
    expect((await ask(from, 'POST', '/v1/export', { passphrase: 'too short' })).status).toBe(422);
    await expect
      .poll(async () => (await ask(from, 'GET', '/v1/audit?action=upstream_credential.exported&limit=100')).text, {
        interval: 250,
      })
      .toContain('"weather"');
    const { json } = await ask(from, 'GET', '/v1/audit?action=upstream_credential.exported&limit=100');
    for (const { actor } of json.records)
      expect(actor).toMatchObject({ kind: 'user', id: expect.stringContaining('@') });
  });

  it('an import is refused before anything is made when its passphrase is another', async () => {
    const file = await sealed();
    const { status, text } = await bring(file, { passphrase: 'another passphrase' });
    expect(status).toBe(422);
    expect(text).toContain('passphrase is not the one');
    expect((await ask(to, 'GET', '/v1/gateways?include_inactive=true')).json).toEqual([]);
    const costly = JSON.stringify(file).replaceAll('scrypt1$15$', 'scrypt1$20$');
    expect((await bring(JSON.parse(costly), { passphrase: PASSPHRASE })).text).toContain('other costs');
  });

  it('an entry is not made when its passphrase is missing or its address is another than that it was sealed for', async () => {
    const { entities } = await sealed({ selected_entities: { gateways: ['weather', 'pets', 'program'] } });
    const missing = await bring({ entities });
    expect(outcomes(missing)).toEqual({ weather: 'failed', pets: 'failed', program: 'failed' });
    expect(missing.text).toContain('give the passphrase');
    const [weather, pets, program] = ['weather', 'pets', 'program'].map((name) =>
      entities.gateways.find((each: Json) => each.name === name),
    );
    program.args = ['-e', `${PROGRAM}//`];
    weather.url = 'http://127.0.0.1:9/mcp';
    pets.openapi.server_url = 'http://127.0.0.1:9';
    const moved = await bring({ entities }, { passphrase: PASSPHRASE });
    expect(outcomes(moved)).toEqual({ weather: 'failed', pets: 'failed', program: 'failed' });
    expect(moved.text).toContain('sealed for another address');
  });

  it('a gateway is made whole elsewhere, with its credentials, and twice is the same as once', async () => {
    onTestFailed(() => console.error(to.logs().slice(-4_000)));
    const file = await sealed();
    const dry = await bring(file, { passphrase: PASSPHRASE, dry_run: true });
    expect(new Set(Object.values(outcomes(dry))), dry.text).toEqual(new Set(['created']));
    const made = await bring(file, { passphrase: PASSPHRASE });
    expect(new Set(Object.values(outcomes(made))), made.text).toEqual(new Set(['created']));
    expect(made.text).not.toMatch(PLANTED);
    const again = await bring(file, { passphrase: PASSPHRASE, credentials: 'with_changes' });
    expect(new Set(Object.values(outcomes(again))), again.text).toEqual(new Set(['unchanged']));

    const exported = async (gateway: Gateway): Promise<Json[]> => {
      const { entities } = (await ask(gateway, 'POST', '/v1/export', { passphrase: PASSPHRASE })).json;
      return entities.gateways
        .map(({ sealed_credential: _sealed, ...entry }: Json) => entry)
        .sort((one: Json, other: Json) => one.name.localeCompare(other.name));
    };
    expect(await exported(to)).toEqual(await exported(from));

    const shownTo = async (name: string, args: object = {}): Promise<string> => {
      shown.length = 0;
      await call(to, name, args);
      return shown.join();
    };
    expect(await shownTo('weather-forecast')).toContain(`Bearer ${TOKEN}`);
    expect(await shownTo('pair-forecast')).toContain(Buffer.from(`ada:${KEY}`).toString('base64'));
    expect(await shownTo('heads-forecast')).toContain(` ${KEY}`);
    expect(await shownTo('keyed-forecast')).toContain(`?key=${KEY}`);
    expect(await shownTo('query-forecast')).toContain(`?k=${KEY}`);
    expect(await shownTo('pets-list')).toContain(` ${KEY}`);
    expect(await shownTo('by_hand')).toContain(`Bearer ${TOKEN}`);
    expect(JSON.stringify(await call(to, 'program-look'))).toContain(ENV);
    expect(JSON.stringify((await ask(to, 'GET', '/v1/gateways?tags=sky')).json[0])).toMatch(
      /"timeoutMs":4321.*"listTtlMs":60000.*"changes":"hold_all".*"era":"modern"/,
    );
  });

  it('an entry is not taken when it reads its source, or has addresses, otherwise than it was sealed for', async () => {
    const { entities } = await sealed({ selected_entities: { gateways: ['pets', 'agent', 'weather'] } });
    for (const entry of entities.gateways) delete entry.addresses;
    const body = { passphrase: PASSPHRASE, credentials: 'with_changes' };
    const [pets] = entities.gateways.filter(({ name }: Json) => name === 'pets');
    pets.openapi.tags = ['other'];
    const changed = await bring({ entities }, body);
    expect(outcomes(changed)).toMatchObject({ agent: 'unchanged', pets: 'failed', weather: 'failed' });
    expect(changed.text).toContain('sealed for another address');
  });
});
