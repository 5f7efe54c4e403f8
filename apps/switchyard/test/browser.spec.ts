import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { build } from 'rolldown';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Gateway, type OddUpstreams, startGateway, startOddUpstreams, temporaryFolder } from '#libs/testing';
import type { Visit } from './browser/page.js';
import { launchBrowser } from './console/console-page.js';
import { ELICITED } from './parties/party.js';
import { stdioServers } from './parties/reference-servers.js';

const ENTRY = fileURLToPath(new URL('browser/page.ts', import.meta.url));
const NAMED_HOST = 'app.switchyard.example';
const FOREIGN_HOST = 'evil.switchyard.example';

const folder = temporaryFolder('browser');
let site: Server;
let port: number;
let browser: Browser;
let gateway: Gateway;
let serverId: string;
let odd: OddUpstreams;

/** A web site of one page, which has the official SDKs. */
const openSite = async (): Promise<void> => {
  const { output } = await build({ input: ENTRY, platform: 'browser', write: false, output: { format: 'esm' } });
  const code = output[0].code;
  site = createServer((request, response) => {
    const isCode = request.url === '/page.js';
    response.writeHead(200, { 'content-type': isCode ? 'text/javascript' : 'text/html' });
    response.end(
      isCode ? code : '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>',
    );
  });
  site.listen(0, '127.0.0.1');
  await once(site, 'listening');
  port = (site.address() as AddressInfo).port;
};

beforeAll(async () => {
  await openSite();
  // Every name here leads to this machine.
  browser = await launchBrowser([`--host-resolver-rules=MAP ${NAMED_HOST} 127.0.0.1, MAP ${FOREIGN_HOST} 127.0.0.1`]);
  gateway = await startGateway({
    mode: 'embedded',
    env: { ALLOWED_ORIGINS: `http://${NAMED_HOST}:${port}`, AUTH_REQUIRED: 'true' },
  });
  const everything = stdioServers(folder).find(({ name }) => name === 'everything');
  if (everything === undefined) throw new Error('server-everything is not among the reference servers');
  const { name, args, env } = everything;
  const registered = await gateway.admin.register({ name, transport: 'STDIO', command: process.execPath, args, env });
  serverId = (await gateway.admin.createServer('everything', [registered])).id;
  odd = await startOddUpstreams();
});
afterAll(async () => {
  await browser?.close();
  await gateway?.stop();
  await odd?.stop();
  site?.close();
  rmSync(folder, { recursive: true, force: true });
});

const open = async (host: string): Promise<Page> => {
  const page = await browser.newPage();
  await page.goto(`http://${host}:${port}/`);
  await page.waitForFunction('typeof visit === "function"');
  return page;
};

const REVISIONS = { v1: '2025-11-25', legacy: '2025-11-25', auto: '2026-07-28', modern: '2026-07-28' };

describe.each([NAMED_HOST, 'localhost'])('a web page of %s', (host) => {
  it.each(Object.entries(REVISIONS))(
    'a page lists, calls and is asked when its origin is allowed: client %s',
    async (client, revision) => {
      const page = await open(host);
      const target = { url: `${gateway.url}/servers/${serverId}/mcp`, token: gateway.adminToken, home: '' };
      const visit = await page.evaluate<Visit>(`visit(${JSON.stringify(client)}, ${JSON.stringify(target)})`);
      await page.close();

      expect(visit.revision).toBe(revision);
      expect(visit.tools).toContain('everything-echo');
      expect(visit.sum).toContain('5');
      expect(visit.elicited).toContain(`- Name: ${ELICITED.name}`);
    },
  );
});

describe('a web page at a gateway with odd upstreams', () => {
  const ODD_COUNT = 20;
  let names: string[];
  beforeAll(async () => {
    const chosen = odd.all
      .filter(({ registration }) => registration.transport === 'STREAMABLEHTTP')
      .slice(0, ODD_COUNT);
    for (const { registration } of chosen) await gateway.admin.register(registration);
    names = chosen.map(({ registration }) => `${registration.toolPrefix}hello`);
  });

  it.each(Object.keys(REVISIONS))(
    'a page lists and calls when they stand beside good ones: client %s',
    async (client) => {
      const page = await open(NAMED_HOST);
      const target = { url: `${gateway.url}/mcp`, token: gateway.adminToken, home: '' };
      const visit = await page.evaluate<Visit>(`visit(${JSON.stringify(client)}, ${JSON.stringify(target)})`);
      await page.close();

      expect(visit.tools).toEqual(expect.arrayContaining(names));
      expect(visit.sum).toContain('5');
    },
  );
});

/** What `fetch` in the page gives: a status and what it may read, or the error. */
const fetchIn = (page: Page, url: string, init: object): Promise<unknown> =>
  page.evaluate<unknown>(`fetch(${JSON.stringify(url)}, ${JSON.stringify(init)}).then(
    (answer) => ({ status: answer.status, challenge: answer.headers.get('www-authenticate') }),
    (error) => error.name)`);

describe('what a web page reads of a gateway', () => {
  const json = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
  const ping = { method: 'POST', headers: json, body: '{"jsonrpc":"2.0","id":1,"method":"ping"}' };
  let own: Page;
  let foreign: Page;
  beforeAll(async () => {
    own = await open(NAMED_HOST);
    foreign = await open(FOREIGN_HOST);
  });
  const paths: readonly [string, string, object, number][] = [
    ['POST', '/mcp', ping, 401],
    ['GET', '/mcp', {}, 401],
    ['POST', '/servers/none/mcp', ping, 401],
    ['POST', '/rpc', ping, 401],
    ['GET', '/sse', {}, 401],
    ['POST', '/message?sessionId=none', ping, 401],
    ['GET', '/tools', { headers: { 'x-correlation-id': 'a' } }, 401],
    ['POST', '/servers', { method: 'POST', headers: json, body: '{}' }, 401],
    ['GET', '/.well-known/nothing', { headers: { 'mcp-protocol-version': '2025-11-25' } }, 404],
  ];

  it.each(paths)('a page of an allowed origin reads a refusal: %s %s', async (_, path, init, status) => {
    const read = await fetchIn(own, gateway.url + path, init);
    expect(read).toEqual({ status, challenge: status === 401 ? expect.stringMatching(/^Bearer/) : null });
  });

  it.each(paths)('a page of another origin reads nothing: %s %s', async (_, path, init) => {
    const read = await fetchIn(foreign, gateway.url + path, init);
    expect(read).toBe('TypeError');
  });
});
