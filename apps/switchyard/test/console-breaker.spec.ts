import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type McpDouble, startMcpDouble } from '#libs/testing';
import { type ConsolePage, launchBrowser } from './console/console-page.js';
import { ConsoleGateway } from './console/console-session.js';

/** No check comes in its turn while the test lasts, so that calls alone can tell. */
const ENV = { HEALTH_CHECK_INTERVAL: '3600', MCP_SESSION_POOL_CIRCUIT_BREAKER_THRESHOLD: '2' };
const WAITS = { timeout: 60_000 };

interface Seen {
  readonly reachable: boolean;
  readonly unreachableReason?: string | null;
}

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
});
