import { once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { type Server, createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '#libs/testing';
import { Console } from './console.js';

const folder = temporaryFolder('console-files');
let server: Server;

/** As raw as it goes out: no client here decodes it. */
const get = (path: string, headers: Readonly<Record<string, string>> = {}, method = 'GET') =>
  new Promise<{ status: number | undefined; headers: NodeJS.Dict<string | string[]>; body: string }>(
    (resolve, reject) => {
      const { port } = server.address() as AddressInfo;
      const asking = httpRequest({ host: '127.0.0.1', port, path, method, headers }, (answer) => {
        let body = '';
        answer.setEncoding('latin1').on('data', (text: string) => (body += text));
        answer.on('end', () => resolve({ status: answer.statusCode, headers: answer.headers, body }));
      });
      asking.on('error', reject).end();
    },
  );

beforeAll(async () => {
  mkdirSync(join(folder, 'assets'));
  writeFileSync(join(folder, 'index.html'), '<!doctype html>');
  writeFileSync(join(folder, 'assets/main-1a2b.js'), 'plain');
  writeFileSync(join(folder, 'assets/main-1a2b.js.br'), 'BR');
  writeFileSync(join(folder, 'assets/main-1a2b.js.gz'), 'GZ');
  const page = new Console('https://gw.example.com/base', [join(folder, 'not-there'), folder]);
  server = createServer((request, response) => {
    if (!page.handle(request, response)) response.writeHead(418).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('Console', () => {
  it('Console serves its page without caching, under a policy without inline, when it is asked for', async () => {
    const { status, headers, body } = await get('/admin/?anything');
    expect({ status, body }).toEqual({ status: 200, body: '<!doctype html>' });
    expect(headers).toMatchObject({ 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-cache' });
    expect(headers['content-security-policy']).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
    expect(headers['content-security-policy']).not.toMatch(/unsafe|nonce/);
  });

  it.each([
    ['gzip, deflate, br', 'br', 'BR'],
    ['gzip', 'gzip', 'GZ'],
    ['br;q=0, gzip;q=0.5', 'gzip', 'GZ'],
    ['identity', undefined, 'plain'],
  ])('Console sends files in a form that is accepted when that is %s', async (accepted, encoding, text) => {
    const { headers, body } = await get('/admin/assets/main-1a2b.js', { 'accept-encoding': accepted });
    expect(body).toBe(text);
    expect(headers['content-encoding']).toBe(encoding);
    expect(headers).toMatchObject({ 'cache-control': 'public, max-age=31536000, immutable', vary: 'Accept-Encoding' });
  });

  it('Console leads to the path with a slash, by a relative address, when it lacks', async () => {
    expect(await get('/admin')).toMatchObject({ status: 308, headers: { location: 'admin/' } });
  });

  it.each(['/admin/users', '/admin/mcp-pool/metrics', '/administration', '/v1/admin/users'])(
    'Console leaves %s to the REST API',
    async (path) => {
      expect((await get(path)).status).toBe(418);
    },
  );

  it.each(['/admin/assets/../index.html', '/admin/assets/%2e%2e/index.html', '/admin/assets/none.js'])(
    'Console knows no file when the path is %s',
    async (path) => {
      expect((await get(path)).status).toBe(404);
    },
  );

  it('Console lets an app reach the gateway by neither of its names, and look up none, when it frames the app', async () => {
    const named = ['gw.example.com', 'inside.example.com', 'api.example.org'].map((name) => `connect=https://${name}`);
    const { headers } = await get(`/admin/app-frame?${named.join('&')}`, { host: 'inside.example.com:8080' });
    expect(headers['content-security-policy']).toContain('; connect-src https://api.example.org; ');
    expect(headers['x-dns-prefetch-control']).toBe('off');
  });

  it('Console answers GET and HEAD alone when it is asked otherwise', async () => {
    expect(await get('/admin/', {}, 'HEAD')).toMatchObject({ status: 200, body: '' });
    expect((await get('/admin/', {}, 'POST')).status).toBe(405);
  });

  it('Console says that it was not built when there are no files', () => {
    const page = new Console(null, [join(folder, 'not-there')]);
    let status = 0;
    let text = '';
    const response = { writeHead: (code: number) => void (status = code), end: (body: string) => void (text = body) };
    expect(page.handle({ url: '/admin/', method: 'GET', headers: {} } as never, response as never)).toBe(true);
    expect([status, JSON.parse(text).detail]).toEqual([404, 'The console was not built: run "npm run build"']);
  });
});
