import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type McpDouble, startMcpDouble, temporaryFolder } from '#libs/testing';
import { ConsolePage, launchBrowser } from './console/console-page.js';
import { ConsoleGateway } from './console/console-session.js';

const TOOLS = 10_000;
/** Of the first tools that are shown, with the head of the table; and of everything on the page. */
const ROWS_MAX = 101;
const ELEMENTS_MAX = 2_000;
const folder = temporaryFolder('console-flows');

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

const startShop = (): Promise<McpDouble> =>
  startMcpDouble({
    name: 'shop',
    tools: ['buy', 'sell'].map((name) => ({ name, description: `Can ${name}.`, inputSchema: { type: 'object' } })),
    call: () => '"content":[{"type":"text","text":"it is done"}]',
  });

/** How often somebody has clicked, or chosen of a list, since it was asked last. */
const COUNT_CLICKS = `(() => {
  let clicks = 0;
  for (const event of ['click', 'change']) addEventListener(event, ({ type, target }) => {
    if (type === 'click' || target.tagName === 'SELECT') clicks++;
  }, true);
  globalThis.takeClicks = () => { const taken = clicks; clicks = 0; return taken; };
})()`;

describe.each(['embedded', 'distributed'] as const)('the flows of the console, %s', (mode) => {
  let console: ConsoleGateway;
  let shop: McpDouble;
  let vault: McpDouble;
  let tab: ConsolePage;
  let page: Page;

  beforeAll(async () => {
    [shop, vault] = await Promise.all([startShop(), startShop()]);
    const file = join(folder, `${mode}.json`);
    const known = { category: 'Trade', provider: 'Example', description: 'What is bought and sold' };
    const catalog_servers = [
      { ...known, id: 'open', name: 'Open shop', url: shop.url, auth_type: 'Open' },
      { ...known, id: 'closed', name: 'Closed shop', url: vault.url, auth_type: 'API Key' },
    ];
    writeFileSync(file, JSON.stringify({ catalog_servers }));
    console = await ConsoleGateway.start(mode, { MCPGATEWAY_CATALOG_FILE: file });
    tab = await console.tab(browser, {
      viewport: { width: 1280, height: 860 },
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    ({ page } = tab);
    await page.evaluate(COUNT_CLICKS);
  });
  afterAll(async () => {
    await tab?.close();
    await shop?.stop();
    await vault?.stop();
    await console?.stop();
  });

  /** The client whose file was copied lists what it sees, and the page notices. */
  const comeAsTheFileSays = async (): Promise<void> => {
    const client = await console.clientOfCopiedFile(page);
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['shop-buy']);
    await page.getByText('The client has come: its first request is here.').waitFor();
  };
  const overview = async (): Promise<void> => {
    await page.evaluate(`location.hash = '#/'`);
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
    await clicks();
  };
  const clicks = (): Promise<number> => page.evaluate<number>('takeClicks()');

  it('an upstream is added and its tool called by four clicks when they begin at the overview', async () => {
    await overview();
    await page.getByRole('link', { name: 'Add an upstream' }).click();
    await page.getByRole('dialog', { name: 'Add an upstream' }).waitFor();
    await page.keyboard.insertText(JSON.stringify({ mcpServers: { shop: { url: shop.url } } }));
    await page.keyboard.press('Control+Enter');
    await page.getByRole('link', { name: 'shop-buy' }).click();
    await page.getByRole('button', { name: 'Run' }).click();
    await page.getByText('it is done', { exact: true }).waitFor();
    expect(await clicks()).toBeLessThanOrEqual(4);
    // What was just called is among the last calls of the tool, without being asked for.
    await page.locator('section', { hasText: 'Its last calls' }).getByText('Done').waitFor();
    expect(tab.takeTroubles()).toEqual([]);
  });

  it('why a call was refused is told by two clicks when they begin at the overview', async () => {
    await console.call('shop-bye').catch(() => undefined);
    await console.call('shop-bye').catch(() => undefined);
    await overview();
    await page.getByRole('link', { name: /2 calls were refused/ }).click();
    await page
      .getByRole('row', { name: /shop-bye/ })
      .first()
      .getByRole('link')
      .click();
    await page.getByText(/may not call it/).waitFor();
    await page.getByText(/tool\.unknown/).waitFor();
    expect(await clicks()).toBeLessThanOrEqual(2);
  });

  it('what is slow, and whose time it is, is told by three clicks when they begin at the overview', async () => {
    await overview();
    await page.locator('.slowest').getByRole('link', { name: 'shop-buy' }).click();
    await page.getByRole('heading', { level: 1, name: 'shop-buy' }).waitFor();
    await page.getByRole('row', { name: /Done/ }).first().getByRole('link').click();
    await page.getByText(/in all: gateway .*, upstream/).waitFor();
    expect(await clicks()).toBeLessThanOrEqual(3);
    const steps = page.locator('section', { hasText: 'Steps' }).getByRole('listitem');
    await expect
      .poll(() => steps.locator('strong').allTextContents())
      .toEqual(['Came in', 'In the gateway', 'Waiting for a place', 'At the upstream', 'Ended']);
    expect(await steps.locator('.row .num').allTextContents()).toEqual(
      [1, 2, 3, 4].map(() => expect.stringMatching(/ m?s$/)),
    );
    expect(await tab.findings()).toEqual([]);
    // What it was called with is nowhere: the form of the tool is as it begins.
    await page.getByRole('link', { name: 'Try again' }).click();
    await page.getByRole('heading', { level: 1, name: 'shop-buy' }).waitFor();
    await page.getByRole('button', { name: 'Run' }).click();
    await page.getByText('it is done', { exact: true }).waitFor();
    expect(tab.takeTroubles()).toEqual([]);
  });

  it('a token for one server and the file of a client with it are had by six clicks when they begin at the overview', async () => {
    const tools = await console.gateway.admin.call<readonly { id: string; name: string }[]>('GET', '/tools');
    const associatedTools = tools.filter(({ name }) => name === 'shop-buy').map(({ id }) => id);
    await console.gateway.admin.call('POST', '/servers', { server: { name: 'buying', associatedTools } });
    await overview();
    await page.getByRole('link', { name: 'Connect', exact: true }).click();
    await page.getByLabel('Client', { exact: true }).selectOption('Cursor');
    await page.getByLabel('What it sees').selectOption('buying');
    await page.getByRole('button', { name: 'Put a token in' }).click();
    await page.getByText('Waiting for the first request of the client').waitFor();
    await page.getByRole('button', { name: 'Copy' }).click();
    expect(await clicks()).toBeLessThanOrEqual(6);
    await comeAsTheFileSays();
    expect(tab.takeTroubles()).toEqual([]);
  });

  it('a token for a teammate and the file of their client with it are had by six clicks when they begin at the overview', async () => {
    const email = 'teammate@example.org';
    await console.gateway.admin.call('POST', '/auth/email/admin/users', { email });
    await overview();
    await page.getByRole('link', { name: 'Access', exact: true }).click();
    await page.getByRole('link', { name: `Give a token to ${email}` }).click();
    await page.getByRole('option', { name: `Everything that ${email} may see` }).waitFor({ state: 'attached' });
    await page.getByLabel('Client', { exact: true }).selectOption('Cursor');
    await page.getByLabel('What it sees').selectOption('buying');
    await page.getByRole('button', { name: 'Put a token in' }).click();
    await page.getByText(`among the tokens of ${email}`).waitFor();
    await page.getByRole('button', { name: 'Copy' }).click();
    expect(await clicks()).toBeLessThanOrEqual(6);
    await comeAsTheFileSays();
    await page.evaluate(`location.hash = '#/access'`);
    await page.getByRole('row', { name: new RegExp(`Cursor.*made by .*${email}`) }).waitFor();
    expect(await tab.findings()).toEqual([]);
    expect(tab.takeTroubles()).toEqual([]);
  });

  it('a teammate takes the file of their client by a link, which gives it once and to nobody afterwards', async () => {
    const email = 'teammate@example.org';
    await page.evaluate(`location.hash = '#/connect?client=cursor&for=${email}'`);
    await page.getByLabel('What it sees').selectOption('buying');
    await page.getByRole('button', { name: 'Put a token in' }).click();
    await page.getByRole('button', { name: `Make a link for ${email}` }).click();
    await page.getByRole('button', { name: 'Copy the link' }).click();
    expect(await tab.findings()).toEqual([]);
    const link = await page.evaluate<string>('navigator.clipboard.readText()');
    expect(link).not.toMatch(/eyJ/);

    const theirs = await ConsolePage.open(browser, { permissions: ['clipboard-read', 'clipboard-write'] });
    const open = async (): Promise<void> => {
      await theirs.page.goto('about:blank');
      await theirs.page.goto(link);
      await theirs.tabTo('Take it');
      await theirs.page.keyboard.press('Enter');
    };
    await open();
    await theirs.page.getByText(`It acts as ${email}`).waitFor();
    expect(await theirs.findings()).toEqual([]);
    await theirs.page.getByRole('button', { name: 'Copy' }).click();
    const client = await console.clientOfCopiedFile(theirs.page);
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['shop-buy']);
    expect(theirs.page.url()).not.toContain('code=');

    // Another link in the same tab gives its own token.
    const recipe = theirs.page.getByTestId('recipe');
    const first = await recipe.textContent();
    const { token, access_token } = await console.gateway.admin.call<{
      readonly token: { readonly id: string };
      readonly access_token: string;
    }>('POST', '/tokens', { name: 'second', user_email: email, scope: { permissions: ['tools.read'] } });
    const { code } = await console.gateway.admin.call<{ readonly code: string }>(
      'POST',
      `/tokens/${token.id}/hand-over`,
      { token: access_token },
    );
    await theirs.page.evaluate(`location.hash = '#/hand-over?code=${code}&client=cursor&name=second'`);
    await theirs.page.getByRole('button', { name: 'Take it' }).click();
    await recipe.filter({ hasText: access_token }).waitFor();
    expect(first).not.toContain(access_token);
    await theirs.page.reload();
    await theirs.page.getByText('There is no code in this address').waitFor();
    expect(await theirs.findings()).toEqual([]);

    await open();
    await theirs.page.getByRole('alert').filter({ hasText: 'The link is not good' }).waitFor();
    expect(theirs.takeTroubles()).toEqual([]);
    await theirs.close();
    expect(tab.takeTroubles()).toEqual([]);
  });

  it('a server that is known is added by one click, and by its key where it wants one, when the page has it', async () => {
    await page.evaluate(`location.hash = '#/import/known'`);
    await page.getByRole('row', { name: /Open shop.*nothing/ }).waitFor();
    expect(await tab.findings()).toEqual([]);
    // The URL is that of a gateway already.
    await page.getByRole('row', { name: /Open shop.*Registered/ }).waitFor();
    await page.getByRole('button', { name: 'Add Closed shop' }).click();
    await page.getByLabel('Its API key').fill('key of the shop');
    await page.getByRole('dialog').getByRole('button', { name: 'Add' }).click();
    await page.getByText(/Closed shop: up, 2 tools/).waitFor();
    await page.getByRole('row', { name: /Closed shop.*Registered/ }).waitFor();
    const gateways = await console.gateway.admin.call<readonly Record<string, unknown>[]>('GET', '/gateways');
    expect(gateways.find(({ name }) => name === 'Closed shop')).toMatchObject({ url: vault.url, authType: 'bearer' });
    const { id } = gateways.find(({ name }) => name === 'shop') ?? {};
    await console.gateway.admin.call('DELETE', `/gateways/${String(id)}`);
    await clicks();
    await page.getByRole('button', { name: 'Add Open shop' }).click();
    await page.getByText(/Open shop: up, 2 tools/).waitFor();
    expect(await clicks()).toBe(1);
    expect(tab.takeTroubles()).toEqual([]);
  });
});

describe('a console with 10,000 tools', () => {
  let console: ConsoleGateway;
  let many: McpDouble;
  let tab: ConsolePage;
  beforeAll(async () => {
    console = await ConsoleGateway.start('embedded');
    many = await startMcpDouble({
      name: 'many',
      tools: Array.from({ length: TOOLS }, (_, at) => ({
        name: `tool_${at}`,
        description: `Looks things up in collection ${at} and answers with what it found, newest first.`,
        inputSchema: { type: 'object', properties: { text: { type: 'string' } } },
      })),
      call: () => '"content":[]',
    });
    await console.gateway.admin.register({ name: 'many', url: many.url });
    tab = await console.tab(browser, { viewport: { width: 1280, height: 860 } });
  });
  afterAll(async () => {
    await tab?.close();
    await many?.stop();
    await console?.stop();
  });

  /** How long that takes is for `npm run claims -- console` to say. */
  it('a console with 10,000 tools has few of them in the page, and asks for nothing, when they are searched and scrolled', async () => {
    const { page } = tab;
    await page.goto(`${console.gateway.url}/admin/#/tools`);
    await page.getByRole('status').filter({ hasText: '10,000 tools' }).waitFor();
    const rows = (): Promise<number> => page.getByRole('main').getByRole('row').count();
    const elements = (): Promise<number> => page.evaluate<number>(`document.querySelectorAll('*').length`);
    expect(await rows()).toBeLessThanOrEqual(ROWS_MAX);
    expect(await elements()).toBeLessThanOrEqual(ELEMENTS_MAX);
    const asked: string[] = [];
    page.on('request', (request) => asked.push(new URL(request.url()).pathname));
    await page.keyboard.press('/');
    await page.keyboard.type('collection 77');
    await page
      .getByRole('status')
      .filter({ hasText: /^\d{3} tools$/ })
      .waitFor();
    expect(await rows()).toBeLessThanOrEqual(ROWS_MAX);
    await page.getByRole('button', { name: /Show .* more/ }).click();
    await page.mouse.wheel(0, 4_000);
    await expect.poll(rows).toBeGreaterThan(ROWS_MAX);
    expect(await rows()).toBeLessThanOrEqual(2 * ROWS_MAX);
    expect(await elements()).toBeLessThanOrEqual(2 * ELEMENTS_MAX);
    await page.getByRole('searchbox', { name: 'Search tools' }).fill('tool_9999');
    await page.getByRole('status').filter({ hasText: '1 tool' }).waitFor();
    expect(asked.filter((path) => path.startsWith('/v1/'))).toEqual([]);
    expect(tab.takeTroubles()).toEqual([]);
  });
});
