import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type McpDouble, startMcpDouble } from '#libs/testing';
import { type ConsolePage, launchBrowser } from './console/console-page.js';
import { ConsoleGateway } from './console/console-session.js';

/** No check comes in its turn while the test lasts, so that calls alone can tell. */
const ENV = {
  HEALTH_CHECK_INTERVAL: '3600',
  MCP_SESSION_POOL_CIRCUIT_BREAKER_THRESHOLD: '2',
  MCPGATEWAY_STDIO_TRANSPORT_ENABLED: 'true',
};
const OTHER = 'other@example.org';
const WAITS = { timeout: 60_000 };

interface Seen {
  readonly reachable: boolean;
  readonly unreachableReason?: string | null;
}

/** A server that says to stderr what it is called with, and what it was given to keep. */
const TALKER = `
const answer = (id, result) => console.log(JSON.stringify({ jsonrpc: '2.0', id, ...result }));
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line);
  if (id === undefined) return;
  if (method === 'initialize') return answer(id, { result: {
    protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'talker', version: '1' },
  } });
  if (method === 'tools/list') return answer(id, { result: { tools: [{ name: 'say', inputSchema: { type: 'object' } }] } });
  if (method !== 'tools/call') return answer(id, { error: { code: -32601, message: 'Method not found' } });
  console.error('called, and keeps ' + process.env.TALKER_CODE);
  answer(id, { result: { content: [] } });
});
console.error('the talker is ready');
`;
const CODE = 'quay-4711-harbour';

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser?.close());

const startShop = (port?: number): Promise<McpDouble> =>
  startMcpDouble({
    name: 'shop',
    ...(port !== undefined && { port }),
    tools: [{ name: 'buy', description: 'Buys.', inputSchema: { type: 'object' } }],
    call: () => '"content":[{"type":"text","text":"bought"}]',
  });

describe.each(['embedded', 'distributed'] as const)('an upstream that fails, seen in the console, %s', (mode) => {
  let console: ConsoleGateway;
  let shop: McpDouble;
  let tab: ConsolePage;
  let page: Page;
  let id: string;

  beforeAll(async () => {
    console = await ConsoleGateway.start(mode, ENV);
    shop = await startShop();
    ({ id } = await console.gateway.admin.register({ name: 'shop', url: shop.url }));
    tab = await console.tab(browser, { viewport: { width: 1280, height: 860 } });
    ({ page } = tab);
  });
  afterAll(async () => {
    await tab?.close();
    await shop?.stop();
    await console?.stop();
  });

  const seen = (): Promise<Seen> => console.gateway.admin.call<Seen>('GET', `/gateways/${id}`);
  /** Until what is waited for is so; a breaker lets a call through now and then. */
  const callUntil = (isReachable: boolean): Promise<void> =>
    expect
      .poll(async () => {
        await console.call('shop-buy');
        return (await seen()).reachable;
      }, WAITS)
      .toBe(isReachable);

  it('an upstream is shown as unreachable, with the reason, as soon as calls have failed so often that it is left alone', async () => {
    await page.evaluate(`location.hash = '#/upstreams'`);
    await page.getByRole('row', { name: /shop.*Up/ }).waitFor();
    const { port } = shop;
    await shop.stop();
    await callUntil(false);
    await page.getByRole('row', { name: /shop.*Unreachable/ }).waitFor();
    expect((await seen()).unreachableReason).toContain('ECONNREFUSED');
    await page.evaluate(`location.hash = '#/'`);
    await page.getByRole('link', { name: /shop.*(Unreachable|unreachable|ECONNREFUSED)/ }).waitFor();
    shop = await startShop(port);
  });

  it('an upstream is shown as up as soon as a call is answered again', async () => {
    await page.evaluate(`location.hash = '#/upstreams'`);
    await page.getByRole('row', { name: /shop.*Unreachable/ }).waitFor();
    await callUntil(true);
    await page.getByRole('row', { name: /shop.*Up/ }).waitFor();
    expect(tab.takeTroubles()).toEqual([]);
  });

  it('an upstream has a timeline of how it was and why, which others than its owners see without the reasons', async () => {
    await page.getByRole('link', { name: 'shop', exact: true }).click();
    const timeline = page.locator('section', { hasText: 'Timeline' }).getByRole('listitem');
    await expect.poll(() => timeline.locator('.state').allTextContents()).toEqual(['Up', 'Unreachable', 'Up']);
    expect(await timeline.nth(1).textContent()).toContain('ECONNREFUSED');
    await console.gateway.admin.call('POST', `/gateways/${id}/state?activate=false`);
    await expect.poll(() => timeline.first().locator('.state').textContent()).toBe('Switched off');
    await console.gateway.admin.call('POST', `/gateways/${id}/state?activate=true`);
    await expect.poll(() => timeline.first().locator('.state').textContent()).toBe('Up');
    expect(await tab.findings()).toEqual([]);

    await console.gateway.admin.call('POST', '/auth/email/admin/users', { email: OTHER });
    const headers = { authorization: `Bearer ${await console.gateway.tokenFor({ email: OTHER })}` };
    const answer = await fetch(`${console.gateway.url}/v1/gateways/${id}/timeline`, { headers });
    const { states, program } = (await answer.json()) as { states: readonly object[]; program?: unknown };
    expect(states.map((state) => Object.keys(state))).toEqual(states.map(() => ['at', 'state']));
    expect([states.length, program]).toEqual([5, undefined]);
  });

  it('what the program of an upstream writes to stderr is shown as it writes, without its secrets', async () => {
    const { id: talkerId } = await console.gateway.admin.register({
      name: 'talker',
      transport: 'STDIO',
      command: process.execPath,
      args: ['-e', TALKER],
      env: { TALKER_CODE: CODE },
    });
    await page.evaluate(`location.hash = '#/upstreams/${talkerId}'`);
    const lines = page.getByLabel(/^stderr/);
    await lines.getByText('the talker is ready').waitFor();
    await console.call('talker-say');
    await lines.getByText('called, and keeps').waitFor();
    expect(await lines.textContent()).toMatch(/started: process \d+/);
    expect(await page.getByRole('main').textContent()).not.toContain(CODE);
    expect(await tab.findings()).toEqual([]);
    expect(tab.takeTroubles()).toEqual([]);
  });
});
