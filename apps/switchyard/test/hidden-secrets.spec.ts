import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase } from '#libs/storage';
import { createLogger } from '#libs/telemetry';
import {
  type Gateway,
  type LedgerUpstream,
  type RestDouble,
  startGateway,
  startLedgerUpstream,
  startRestDouble,
  temporaryFolder,
} from '#libs/testing';

/** One for each place where a secret may stand. None may turn up anywhere but at its upstream. */
const CANARY = {
  query: 'canary-query-4711',
  user: 'canary-user-4712',
  argument: 'canary-argument-4713',
  document: 'canary-document-4714',
  route: 'canary-route-4715',
};

/** Lets nobody in whose request line lacks the key, and answers as the ledger does else. */
const startGuard = async (ledger: LedgerUpstream) => {
  const server = http.createServer((request, response) => {
    const isKnown =
      new URL(request.url ?? '', 'http://h').searchParams.get('api_key') === CANARY.query ||
      request.headers.authorization === `Basic ${Buffer.from(`me:${CANARY.user}`).toString('base64')}`;
    if (!isKnown) return void response.writeHead(401).end();
    const { host: _host, ...headers } = request.headers;
    const onward = http.request(ledger.url, { method: request.method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    host: `127.0.0.1:${port}`,
    stop: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
};

/** Says with which arguments it was started, into a file: what it answers is the gateway's to redact. */
const CHILD = `
import { writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
writeFileSync(process.argv[2], JSON.stringify(process.argv.slice(3)));
console.error('started with', process.argv.join(' '));
const answer = (id, result) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, result }) + '\\n');
createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method } = JSON.parse(line);
  if (method === 'initialize') answer(id, { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 'child', version: '1' } });
  else if (method === 'tools/list') answer(id, { tools: [{ name: 'argv', description: process.argv.join(' '), inputSchema: { type: 'object' } }] });
  else if (method === 'tools/call') answer(id, { content: [{ type: 'text', text: process.argv.join(' ') }] });
  else if (id !== undefined) process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32601, message: 'no' } }) + '\\n');
});
`;

describe.each(['embedded', 'distributed'] as const)('secrets of upstreams behind a gateway that is %s', (mode) => {
  let gateway: Gateway;
  let ledger: LedgerUpstream;
  let guard: Awaited<ReturnType<typeof startGuard>>;
  let api: RestDouble;
  let folder: string;
  let user: string;
  /** All that anybody was answered. */
  const answers: string[] = [];

  const ask = async (method: string, path: string, body?: unknown, token = gateway.adminToken) => {
    const response = await fetch(`${gateway.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    answers.push(text);
    return { status: response.status, body: JSON.parse(text) };
  };
  const call = async (name: string) => {
    const client = await gateway.client('modern');
    const result = await client.callTool({ name, arguments: { id: 'hello' } });
    await client.close();
    answers.push(JSON.stringify(result));
    return result;
  };

  beforeAll(async () => {
    folder = temporaryFolder('hidden');
    ledger = await startLedgerUpstream();
    guard = await startGuard(ledger);
    api = await startRestDouble();
    gateway = await startGateway({ mode, env: { LOG_LEVEL: 'debug', MCPGATEWAY_STDIO_TRANSPORT_ENABLED: 'true' } });
    user = await gateway.tokenFor({ email: 'user@example.com' });
    await ask('POST', '/auth/email/admin/users', { email: 'user@example.com' });
  });
  afterAll(async () => {
    await gateway?.stop();
    await guard?.stop();
    await ledger?.stop();
    await api?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('a key in the query of a URL reaches the upstream, and is masked for its owner and hidden from others', async () => {
    const { body } = await ask('POST', '/gateways', {
      name: 'Keyed',
      url: `http://${guard.host}/mcp?api_key=${CANARY.query}&mode=all`,
    });
    expect(body).toMatchObject({ url: `http://${guard.host}/mcp?api_key=*****&mode=*****`, reachable: true });
    expect((await call('keyed-record')).isError ?? false).toBe(false);

    const seen = await ask('GET', `/gateways/${body.id}`, undefined, user);
    expect(seen.body).toMatchObject({ url: `http://${guard.host}`, ownerEmail: null });
    // What was shown can be sent back, and the key is still there.
    expect((await ask('PUT', `/gateways/${body.id}`, { ...body, description: 'as it was' })).status).toBe(200);
    expect(await ask('POST', `/gateways/${body.id}/tools/refresh`)).toMatchObject({ status: 200 });
    expect((await call('keyed-record')).isError ?? false).toBe(false);
  });

  it('a password in a URL becomes the credential that it is', async () => {
    const { body } = await ask('POST', '/gateways', {
      name: 'Userly',
      url: `http://me:${CANARY.user}@${guard.host}/mcp`,
    });
    expect(body).toMatchObject({
      url: `http://${guard.host}/mcp`,
      authType: 'basic',
      authUsername: 'me',
      authPassword: '*****',
    });
    expect((await call('userly-record')).isError ?? false).toBe(false);
  });

  it('a key among the arguments of a program reaches it, is masked, and the owner is warned', async () => {
    const script = join(folder, 'child.mjs');
    const report = join(folder, 'report.json');
    writeFileSync(script, CHILD);
    const args = [script, report, '--api-key', CANARY.argument];
    const { body } = await ask('POST', '/gateways', {
      name: 'Child',
      transport: 'STDIO',
      command: process.execPath,
      args,
    });
    expect(body).toMatchObject({
      args: [script, report, '--api-key', '*****'],
      warnings: [expect.stringContaining('give it in env')],
    });
    await call('child-argv');
    expect(JSON.parse(readFileSync(report, 'utf8'))).toEqual(['--api-key', CANARY.argument]);

    expect((await ask('PUT', `/gateways/${body.id}`, { args: [script, report, '--other', '*****'] })).status).toBe(422);
    expect((await ask('PUT', `/gateways/${body.id}`, { args: [script, report] })).body).toMatchObject({ warnings: [] });
    await call('child-argv');
    expect(JSON.parse(readFileSync(report, 'utf8'))).toEqual([]);
    expect((await ask('PUT', `/gateways/${body.id}`, { args })).status).toBe(200);
  });

  it('a key in the URL of an OpenAPI document is kept for its refreshes', async () => {
    const paths = { '/pets': { get: { operationId: 'pets', responses: { 200: { description: 'ok' } } } } };
    api.answer(({ target }) =>
      target.includes('openapi.json') && !target.includes(CANARY.document)
        ? { status: 403 }
        : {
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify({
              openapi: '3.0.3',
              info: { title: 'P', version: '1' },
              servers: [{ url: api.url }],
              paths,
            }),
          },
    );
    const { body } = await ask('POST', '/gateways', {
      name: 'Documented',
      transport: 'OPENAPI',
      openapi: { documentUrl: `${api.url}/openapi.json?key=${CANARY.document}` },
    });
    expect(body).toMatchObject({ openapi: { documentUrl: `${api.url}/openapi.json?key=*****` }, toolCount: 1 });
    expect(await ask('POST', `/gateways/${body.id}/tools/refresh`)).toMatchObject({ status: 200 });
    const shown = { openapi: { documentUrl: body.openapi.documentUrl, outputSchemas: true } };
    expect(await ask('PUT', `/gateways/${body.id}`, shown)).toMatchObject({ status: 200 });
  });

  it('a key in the URL of a route described by hand is sent with every call, and is in no description', async () => {
    const { status } = await ask('POST', '/tools', {
      name: 'weather_now',
      url: `${api.url}/weather?appid=${CANARY.route}`,
      requestType: 'GET',
    });
    expect(status).toBe(201);
    api.received.length = 0;
    await call('weather_now');
    expect(api.received.map(({ target }) => target)).toEqual([`/weather?appid=${CANARY.route}&id=hello`]);
  });

  it('no secret is in an answer, a log line, a metric, or unencrypted in the database', async () => {
    for (const token of [gateway.adminToken, user]) {
      for (const path of ['/gateways', '/tools?include_inactive=true', '/metrics', '/servers'])
        await ask('GET', path, undefined, token);
      const list = await fetch(`${gateway.url}/mcp`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
        },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} }),
      });
      answers.push(await list.text());
    }
    for (const { url } of gateway.processes) {
      const headers = { authorization: `Bearer ${gateway.adminToken}` };
      expect((await fetch(`${url}/internal/metrics`)).status).toBe(401);
      answers.push(await (await fetch(`${url}/internal/metrics`, { headers })).text());
    }
    const everything = answers.join('\n');
    expect(everything).toContain('weather_now');
    expect(everything).toContain('child-argv');
    const logs = gateway.logs();
    for (const [place, secret] of Object.entries(CANARY)) {
      expect(everything.includes(secret), `an answer holds the secret of ${place}`).toBe(false);
      expect(logs.includes(secret), `the log holds the secret of ${place}`).toBe(false);
    }

    const location = gateway.postgres?.location;
    if (location === undefined) return;
    const database = await openDatabase({
      location,
      schema: 'registry',
      entities: [],
      migrations: [],
      pool: { poolSize: 1 },
      logger: createLogger({ service: 'test', level: 'silent' }),
    });
    const tables: { name: string }[] = await database.query(
      `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname IN ('auth', 'registry', 'metrics')`,
    );
    for (const { name } of tables) {
      const text = JSON.stringify(await database.query(`SELECT row_to_json(t)::text AS row FROM ${name} t`));
      for (const [place, secret] of Object.entries(CANARY))
        expect(text.includes(secret), `${name} holds the secret of ${place}`).toBe(false);
    }
    await database.destroy();
  });
});
