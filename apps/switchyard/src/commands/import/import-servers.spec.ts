import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { AdminApi, type GatewayBody } from '../../gateway/admin-api.js';
import { Rest } from '../../gateway/rest.js';
import { importServers } from './import-servers.js';
import type { ServerEntry } from './server-list.js';

let close = (): void => undefined;
afterEach(() => close());

/** A registry of one list, kept as the real one keeps it as far as this client can see. */
const registry = async (refuse: (body: GatewayBody) => string | null = () => null) => {
  const asked: string[] = [];
  const gateways: Record<string, unknown>[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk) => {
      text += chunk;
    });
    request.on('end', () => {
      asked.push(`${request.method} ${request.url}`);
      const body = text === '' ? null : (JSON.parse(text) as GatewayBody);
      const detail = request.headers.authorization === 'Bearer t' ? body && refuse(body) : 'no';
      if (detail) {
        response.writeHead(422).end(JSON.stringify({ detail }));
        return;
      }
      if (body === null) {
        response.end(JSON.stringify(gateways));
        return;
      }
      const known = gateways.find(({ name }) => name === body.name) ?? { id: `id-${body.name}` };
      Object.assign(
        known,
        { enabled: true, reachable: true, lastError: null, toolCount: 2, resourceCount: 1, promptCount: 0, url: null },
        body,
      );
      if (!gateways.includes(known)) gateways.push(known);
      response.end(JSON.stringify(known));
    });
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  close = () => server.close();
  return { api: new AdminApi(new Rest(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, 't')), asked };
};

const STDIO: GatewayBody = { name: 'a', transport: 'STDIO', command: 'x', args: ['1'] };

describe('registering a gateway', () => {
  it('an import registers a gateway once, however often it is asked to', async () => {
    const { api, asked } = await registry();
    expect((await api.ensureGateway(STDIO)).change).toBe('new');
    expect((await api.ensureGateway(STDIO)).change).toBe('unchanged');
    expect(asked).toEqual([
      'GET /v1/gateways?include_inactive=true&limit=0',
      'POST /v1/gateways',
      'GET /v1/gateways?include_inactive=true&limit=0',
    ]);
  });

  it.each([
    { ...STDIO, args: ['2'] },
    { ...STDIO, command: 'y' },
    { ...STDIO, env: { A: 'b' } },
    { name: 'a', transport: 'AUTO', url: 'https://a.example' } as const,
  ])('an import changes a gateway when it differs or may differ: %j', async (body) => {
    const { api, asked } = await registry();
    await api.ensureGateway(STDIO);
    expect((await api.ensureGateway(body)).change).toBe('updated');
    expect(asked.at(-1)).toBe('PUT /v1/gateways/id-a');
  });

  it('an import reports of every server how it went', async () => {
    const { api } = await registry((body) => (body.name === 'bad' ? 'The upstream cannot be reached' : null));
    const lines: string[] = [];
    const entries: ServerEntry[] = [
      { name: 'good', body: { ...STDIO, name: 'good' } },
      { name: 'bad', body: { ...STDIO, name: 'bad' } },
      { name: 'odd', problem: 'has neither a command nor a url' },
    ];
    const print = (line: string): void => void lines.push(line);
    expect(await importServers(api, entries, { isDryRun: false, print })).toBe(2);
    expect(lines.toSorted()).toEqual([
      '  bad   failed: The upstream cannot be reached',
      '  good  registered: 2 tools, 1 resources, 0 prompts',
      '  odd   left out: it has neither a command nor a url',
    ]);
  });
});
