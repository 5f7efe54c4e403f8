import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, onTestFailed } from 'vitest';
import { type Gateway, type RestDouble, startGateway, startRestDouble } from '#libs/testing';

const run = promisify(execFile);
const GUIDE = readFileSync(new URL('../../../docs/guides/openapi.md', import.meta.url), 'utf8');

/** Each command of the guide with what it is said to answer. */
const steps = [...GUIDE.matchAll(/## (.+?)\n[^#]*?```sh\n([^]*?)```\n+```json\n([^]*?)```/g)].map(
  ([, title = '', command = '', answer = '']) => ({ title, command, answer: JSON.parse(answer) as object }),
);

const json = (schema: object) => ({ content: { 'application/json': { schema } } });
const id = { name: 'id', in: 'path', required: true, schema: { type: 'string' } };
const documentOf = (url: string) => ({
  openapi: '3.1.0',
  info: { title: 'Shop', version: '1' },
  servers: [{ url: `${url}/v1` }],
  paths: {
    '/orders/{id}': {
      get: {
        operationId: 'orders/get',
        tags: ['orders'],
        parameters: [
          id,
          { name: 'fields', in: 'query', explode: false, schema: { type: 'array', items: { type: 'string' } } },
        ],
      },
    },
    '/orders': {
      get: { operationId: 'orders/list', tags: ['orders'] },
      post: { operationId: 'orders/create', tags: ['orders'], requestBody: json({ type: 'object' }) },
    },
  },
});

describe('the guide to HTTP APIs', () => {
  let gateway: Gateway;
  let api: RestDouble;

  beforeAll(async () => {
    api = await startRestDouble();
    api.answer(({ target, headers }) => ({
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(
        target === '/openapi.json' ? documentOf(api.url) : { target, key: headers['x-api-key'] !== undefined },
      ),
    }));
    gateway = await startGateway({ mode: 'embedded' });
  });
  afterAll(async () => {
    await gateway?.stop();
    await api?.stop();
  });

  it('the guide to HTTP APIs has its five steps', () => {
    expect(steps.map(({ title }) => title.slice(0, 2))).toEqual(['1.', '2.', '3.', '4.', '5.']);
  });

  it.each(steps)('the guide to HTTP APIs answers as it says in "$title"', async ({ command, answer }) => {
    onTestFailed(() => console.error(gateway.logs().slice(-4_000)));
    const { PATH = '' } = process.env;
    const env = { PATH, GATEWAY: gateway.url, TOKEN: gateway.adminToken, API: api.url };
    const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', command], { env, timeout: 240_000 });
    expect(JSON.parse(stdout)).toMatchObject(answer);
  });

  it('the guide to HTTP APIs leaves a gateway that shows the API its key', () => {
    const call = api.received.find(({ target }) => target.startsWith('/v1/orders/a%2F7'));
    expect(call?.headers['x-api-key']).toBe('my-api-key');
  });
});
