import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type McpDouble, startMcpDouble } from '#libs/testing';
import { type ConsolePage, launchBrowser } from './console/console-page.js';
import { ConsoleGateway } from './console/console-session.js';
import { KeyboardUser } from './console/keyboard.js';

const TEAMMATE = 'teammate@example.org';

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser?.close());

describe.each(['embedded', 'distributed'] as const)('the flows of the console by keyboard alone, %s', (mode) => {
  let console: ConsoleGateway;
  let shop: McpDouble;
  let tab: ConsolePage;
  let page: Page;
  let user: KeyboardUser;

  beforeAll(async () => {
    console = await ConsoleGateway.start(mode);
    shop = await startMcpDouble({
      name: 'shop',
      tools: ['buy', 'sell'].map((name) => ({ name, description: `Can ${name}.`, inputSchema: { type: 'object' } })),
      call: () => '"content":[{"type":"text","text":"it is done"}]',
    });
    const { admin } = console.gateway;
    await admin.register({ name: 'shop', url: shop.url });
    await console.call('shop-buy');
    for (let times = 0; times < 2; times++) await console.call('shop-bye').catch(() => undefined);
    await admin.call('POST', '/auth/email/admin/users', { email: TEAMMATE });
    const tools = await admin.call<readonly { id: string; name: string }[]>('GET', '/tools');
    const associatedTools = tools.filter(({ name }) => name === 'shop-buy').map(({ id }) => id);
    await admin.call('POST', '/servers', { server: { name: 'buying', associatedTools } });
    tab = await console.tab(browser, {
      viewport: { width: 1280, height: 860 },
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    ({ page } = tab);
    user = await KeyboardUser.at(tab);
  });
  afterAll(async () => {
    await tab?.close();
    await shop?.stop();
    await console?.stop();
  });

  it('why a call was refused is told by two presses when they begin at the overview', async () => {
    await user.begin();
    await page.getByRole('link', { name: /2 calls were refused/ }).waitFor();
    await user.press(/2 calls were refused/);
    await user.heading('Calls');
    await user.follow(/shop-bye/);
    await page.getByText(/may not call it/).waitFor();
    await page.getByText(/tool\.unknown/).waitFor();
    expect(await user.deeds()).toBeLessThanOrEqual(2);
    expect(tab.takeTroubles()).toEqual([]);
  });

  it('what is slow, and whose time it is, is told by three presses when they begin at the overview', async () => {
    await user.begin();
    await page.locator('.slowest').getByRole('link', { name: 'shop-buy' }).waitFor();
    await user.press('shop-buy');
    await user.heading('shop-buy');
    await user.follow(/Done/);
    await page.getByText(/in all: gateway .*, upstream/).waitFor();
    expect(await user.deeds()).toBeLessThanOrEqual(3);
    expect(tab.takeTroubles()).toEqual([]);
  });

  it('a token for a teammate and the file of their client with it are had by six presses when they begin at the overview', async () => {
    await user.begin();
    await user.press('Access');
    await user.heading('Access');
    await page.getByRole('link', { name: `Give a token to ${TEAMMATE}` }).waitFor();
    await user.press(`Give a token to ${TEAMMATE}`);
    await user.heading('Connect');
    for (const name of [`Everything that ${TEAMMATE} may see`, 'buying'])
      await page.getByRole('option', { name, exact: true }).waitFor({ state: 'attached' });
    await user.choose('Client', 'Cursor');
    await user.choose('What it sees', 'buying');
    await user.press('Put a token in');
    await page.getByText(`among the tokens of ${TEAMMATE}`).waitFor();
    await user.press('Copy');
    expect(await user.deeds()).toBeLessThanOrEqual(6);
    const client = await console.clientOfCopiedFile(page);
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['shop-buy']);
    await page.getByText('The client has come: its first request is here.').waitFor();
    expect(tab.takeTroubles()).toEqual([]);
  });
});
