import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type McpDouble, startMcpDouble } from '#libs/testing';
import { type AppServer, startAppServer } from './console/app-server.js';
import { type ConsolePage, launchBrowser } from './console/console-page.js';
import { ConsoleGateway } from './console/console-session.js';

const UPSTREAM = 'A shop of a long name in the old town behind the harbour';
const TOOL = 'a_tool_with_quite_a_long_name_that_says_what_it_does_in_detail';

let browser: Browser;
let console: ConsoleGateway;
let shop: McpDouble;
let harbour: AppServer;
let tab: ConsolePage;
let shopId: string;

beforeAll(async () => {
  browser = await launchBrowser();
  console = await ConsoleGateway.start('embedded');
  harbour = await startAppServer(() => console.gateway.url);
  shop = await startMcpDouble({
    name: 'shop',
    tools: [{ name: TOOL, description: `Does ${TOOL}.`, inputSchema: { type: 'object' } }],
    call: () => '"content":[]',
  });
  await console.gateway.admin.register({ name: 'harbour', url: harbour.url });
  ({ id: shopId } = await console.gateway.admin.register({ name: UPSTREAM, url: shop.url }));
  const tools = await console.gateway.admin.call<readonly { name: string }[]>('GET', '/tools');
  await console.call(tools.find(({ name }) => name.endsWith(TOOL))?.name ?? '');
  await console.call(`gone-${TOOL}`).catch(() => undefined);
  tab = await console.tab(browser, { viewport: { width: 360, height: 740 } });
});
afterAll(async () => {
  await browser?.close();
  await Promise.all([shop?.stop(), harbour?.stop()]);
  await console?.stop();
});

describe('the console on a phone, with long names', () => {
  const fits = (what: string): Promise<void> =>
    expect.poll(() => tab.overflow(), { message: what }).toBeLessThanOrEqual(0);

  it('no page is wider than the phone when names are longer than it is', async () => {
    const { page } = tab;
    for (const [hash, seen] of [
      ['#/', /offers something that is not shown as it is/],
      [`#/upstreams/${shopId}`, /Notes on what it offers/],
      ['#/upstreams', /of 2 upstreams up/],
      ['#/tools', new RegExp(`Does ${TOOL}`)],
      ['#/calls', new RegExp(`gone-${TOOL}`)],
    ] as const) {
      await page.goto(`${console.gateway.url}/admin/${hash}`);
      await page.getByText(seen).first().waitFor();
      if (hash === '#/') await page.locator('.slowest').getByText(new RegExp(TOOL)).waitFor();
      await fits(hash);
    }
  });

  it('an app and what it asks for are no wider than the phone when they are shown', async () => {
    const { page } = tab;
    await page.goto(`${console.gateway.url}/admin/#/tools?q=harbour-berths`);
    await page.getByRole('link', { name: 'harbour-berths' }).click();
    await page.getByRole('button', { name: 'Run' }).click();
    const app = page.frameLocator('iframe.app').frameLocator('iframe');
    await app.getByRole('button', { name: 'Refresh' }).click();
    await page.getByText('The app wants to call').waitFor();
    await fits('app');
    const widths = await page.evaluate<number[]>(
      `['section[aria-label="App"]', 'iframe.app'].map((one) => document.querySelector(one).getBoundingClientRect().right)`,
    );
    expect(widths[1]).toBeLessThan(widths[0] ?? 0);
  });

  it('a call that is not there is said to be so when its address is gone to', async () => {
    await tab.page.goto(`${console.gateway.url}/admin/#/calls/none`);
    await tab.page.getByText('This call is not there').waitFor();
  });
});
