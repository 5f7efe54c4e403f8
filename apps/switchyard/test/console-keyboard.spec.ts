import { readFileSync } from 'node:fs';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type McpDouble, startMcpDouble } from '#libs/testing';
import { type ConsolePage, launchBrowser } from './console/console-page.js';
import { ConsoleGateway } from './console/console-session.js';

const PASSWORD = 'correct horse battery staple 7';

let browser: Browser;
let console: ConsoleGateway;
let shop: McpDouble;
beforeAll(async () => {
  browser = await launchBrowser();
  shop = await startMcpDouble({
    name: 'shop',
    tools: ['buy', 'sell'].map((name) => ({ name, description: `Can ${name}.`, inputSchema: { type: 'object' } })),
    call: () => '"content":[{"type":"text","text":"it is done"}]',
  });
  console = await ConsoleGateway.start('embedded');
  await console.gateway.admin.register({ name: 'shop', url: shop.url });
});
afterAll(async () => {
  await browser?.close();
  await shop?.stop();
  await console?.stop();
});

/** By REST, with a token. */
const post = async <Answer>(token: string, path: string, body: object = {}): Promise<Answer> => {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const response = await fetch(`${console.gateway.url}/v1${path}`, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as Answer;
};

describe('a token for somebody else, by keyboard', () => {
  const [owner, member] = ['owner@example.org', 'member@example.org'];
  let tab: ConsolePage;
  let offered: string;
  beforeAll(async () => {
    for (const email of [owner, member])
      await console.gateway.admin.call('POST', '/auth/email/admin/users', { email, password: PASSWORD });
    const { access_token: owning } = await post<{ readonly access_token: string }>(
      console.gateway.adminToken,
      '/tokens',
      {
        name: 'owning',
        user_email: owner,
        scope: { permissions: ['teams.create', 'teams.manage_members', 'tokens.create', 'tools.read'] },
      },
    );
    const team = await post<{ readonly id: string }>(owning, '/teams', { name: 'Offering' });
    await post(owning, `/teams/${team.id}/members`, { email: member, role: 'member' });
    const offer = { name: 'offered', user_email: member, scope: { permissions: ['tools.read'] } };
    ({ access_token: offered } = await post<{ readonly access_token: string }>(
      owning,
      `/tokens/teams/${team.id}`,
      offer,
    ));
  });
  afterAll(() => tab?.close());

  const tools = async (): Promise<number> =>
    (await fetch(`${console.gateway.url}/v1/tools`, { headers: { authorization: `Bearer ${offered}` } })).status;

  it('a member accepts what the owner of the team made for them when they are asked under Access', async () => {
    expect(await tools()).toBe(401);
    tab = await console.tab(browser, { email: member, password: PASSWORD });
    await tab.page.keyboard.press('g');
    await tab.page.keyboard.press('a');
    await tab.page.getByRole('row', { name: new RegExp(`offered.*made by ${owner}`) }).waitFor();
    await tab.tabTo('Accept … offered');
    await tab.page.keyboard.press('Enter');
    await tab.page.getByText('Whoever has it acts as you').waitFor();
    expect(await tab.findings()).toEqual([]);
    await tab.tabTo('Accept');
    await tab.page.keyboard.press('Enter');
    await tab.page.getByText('Waits to be accepted').waitFor({ state: 'detached' });
    expect(await tools()).toBe(200);
    expect(tab.takeTroubles()).toEqual([]);
  });
});

describe('the console, by keyboard', () => {
  let tab: ConsolePage;
  beforeAll(async () => {
    tab = await console.tab(browser, { viewport: { width: 1280, height: 860 } });
  });
  afterAll(() => tab?.close());

  const heading = (name: string | RegExp): Promise<void> => tab.page.getByRole('heading', { level: 1, name }).waitFor();
  const field = () => tab.page.getByRole('combobox', { name: 'Page, server, upstream, tool or person' });
  const goTo = async (text: string, found: RegExp): Promise<void> => {
    await tab.page.keyboard.press('Control+k');
    await field().and(tab.page.locator(':focus')).waitFor();
    await tab.page.keyboard.type(text);
    await tab.page.getByRole('option', { name: found, selected: true }).waitFor();
    await tab.page.keyboard.press('Enter');
  };

  it('the palette leads to a page, a tool, an upstream and a person when a part of the name is written', async () => {
    await goTo('audi', /Audit Page/);
    await heading('Audit');
    await goTo('sell', /shop-sell Tool/);
    await heading('shop-sell');
    await goTo('shop', /^shop Upstream/);
    await heading('shop');
    await goTo('member@', /member@example.org Person/);
    await heading('Access');
    await tab.page.getByRole('row', { name: /offered.*member@example.org/ }).waitFor();
    await tab.page.getByRole('row', { name: /owning/ }).waitFor({ state: 'detached' });
    expect(tab.takeTroubles()).toEqual([]);
  });

  it('the palette is a combobox whose choice moves by arrows, and gives the focus back when it is closed', async () => {
    const { page } = tab;
    await page.keyboard.press('g');
    await page.keyboard.press('o');
    await heading('Overview');
    await tab.tabTo('Try a tool');
    await page.keyboard.press('Control+k');
    await field().and(page.locator(':focus')).waitFor();
    const chosen = (): Promise<string> =>
      page.evaluate(
        `document.getElementById(document.activeElement.getAttribute('aria-activedescendant')).textContent`,
      );
    expect(await chosen()).toBe('OverviewPage');
    await page.keyboard.press('ArrowDown');
    expect(await chosen()).toBe('UpstreamsPage');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('ArrowUp');
    expect(await chosen()).toBe('SettingsPage');
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await tab.findings()).toEqual([]);
    }
    await page.keyboard.type('no such thing');
    await page.getByText('Nothing has such a name').waitFor();
    await page.keyboard.press('Enter');
    await page.keyboard.press('Escape');
    await field().waitFor({ state: 'detached' });
    expect(await page.evaluate<string>('document.activeElement.textContent')).toBe('Try a tool');
    expect(tab.takeTroubles()).toEqual([]);
  });

  it('what Calls shows is filtered, saved by a name, found again and exported when that is asked for', async () => {
    const { page } = tab;
    await console.call('shop-buy');
    await console.call('shop-bye').catch(() => undefined);
    await goTo('calls', /^Calls Page/);
    await page.getByRole('row', { name: /shop-buy/ }).waitFor();
    await tab.tabTo('Outcome');
    await page.keyboard.type('Refused');
    await page.getByRole('row', { name: /shop-bye/ }).waitFor();
    await page.getByRole('row', { name: /shop-buy/ }).waitFor({ state: 'detached' });
    await tab.tabTo('Columns');
    await page.keyboard.press('Enter');
    await tab.tabTo('Who');
    await page.keyboard.press('Space');
    await page.getByRole('columnheader', { name: 'Who' }).waitFor({ state: 'detached' });
    await tab.tabTo('Save this view …');
    await page.keyboard.press('Enter');
    await page.getByLabel('Name').waitFor();
    expect(await tab.findings()).toEqual([]);
    await page.keyboard.type('Refused ones');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Forget “Refused ones”' }).waitFor();
    const link = page.url();

    await goTo('calls', /^Calls Page/);
    await page.getByRole('row', { name: /shop-buy/ }).waitFor();
    await tab.tabTo('Saved view');
    await page.keyboard.type('Refused ones');
    await page.getByRole('columnheader', { name: 'Who' }).waitFor({ state: 'detached' });
    expect(page.url()).toBe(link);

    for (const [name, shape] of [
      ['Export as CSV', /^.*name.*\r?\n(?:.*shop-bye.*\s*)+$/],
      ['Export as NDJSON', /^(?:\{.*"name":"shop-bye".*\}\s*)+$/],
    ] as const) {
      await tab.tabTo(name);
      const coming = page.waitForEvent('download');
      await page.keyboard.press('Enter');
      expect(readFileSync(await (await coming).path(), 'utf8')).toMatch(shape);
    }
    expect(await tab.findings()).toEqual([]);
    expect(tab.takeTroubles()).toEqual([]);
  });

  it('calls are followed, paused and shown when there is a keyboard alone', async () => {
    const { page } = tab;
    await page.keyboard.press('g');
    await page.keyboard.press('c');
    await heading('Calls');
    await page.getByRole('status').filter({ hasText: 'Live' }).waitFor();
    const sales = page.getByRole('row', { name: /shop-sell/ });
    expect(await sales.count()).toBe(0);
    await console.call('shop-sell');
    await sales.waitFor();
    await page.keyboard.press('Space');
    await page.getByRole('status').filter({ hasText: 'Paused' }).waitFor();
    await console.call('shop-sell');
    await page.getByRole('button', { name: 'Show 1 new' }).waitFor();
    expect(await sales.count()).toBe(1);
    await tab.tabTo('Show 1 new');
    await page.keyboard.press('Enter');
    await expect.poll(() => sales.count()).toBe(2);
    expect(tab.takeTroubles()).toEqual([]);
  });

  it('a virtual server is made, and tools are switched off together, when there is a keyboard alone', async () => {
    const { page } = tab;
    await page.keyboard.press('g');
    await page.keyboard.press('s');
    await heading('Servers');
    await tab.tabTo('Choose tools');
    await page.keyboard.press('Enter');
    await heading('Make a server');
    await tab.tabTo(/^Name/);
    await page.keyboard.type('By keyboard');
    await page.getByRole('checkbox', { name: 'shop-buy' }).waitFor();
    await tab.tabTo(/^shop-buy/);
    await page.keyboard.press('Space');
    await tab.tabTo('Make it, with 1 tool');
    await page.keyboard.press('Enter');
    await heading('By keyboard');
    const servers = await console.gateway.admin.call<readonly { name: string; associatedTools: readonly string[] }[]>(
      'GET',
      '/servers',
    );
    expect(servers.find(({ name }) => name === 'By keyboard')?.associatedTools).toHaveLength(1);

    await page.keyboard.press('g');
    await page.keyboard.press('t');
    await heading('Tools');
    await page.getByRole('row', { name: /shop-sell/ }).waitFor();
    for (const [button, word] of [
      ['Switch off', 'Off'],
      ['Switch on', 'On'],
    ] as const) {
      await tab.tabTo('Choose all 2 shown');
      await page.keyboard.press('Space');
      await tab.tabTo(button);
      await page.keyboard.press('Enter');
      await page.getByText('Done, for 2 tools.').waitFor();
      for (const tool of ['buy', 'sell'])
        await page.getByRole('row', { name: new RegExp(`shop-${tool}.*${word}$`) }).waitFor();
      expect(await tab.focused()).toBe(button);
      expect(await tab.findings()).toEqual([]);
    }
    expect(tab.takeTroubles()).toEqual([]);
  });

  it('tools that could not be switched are named and stay chosen, and the others do not, when several are', async () => {
    const { page } = tab;
    await page.evaluate(`location.hash = '#/tools'`);
    const choice = (tool: string) => page.getByRole('checkbox', { name: `Choose shop-${tool}` });
    const tools = await console.gateway.admin.call<readonly { id: string; name: string }[]>('GET', '/tools');
    const sell = tools.find(({ name }) => name === 'shop-sell')?.id ?? '';
    const stateOfSell = `**/v1/tools/${sell}/state**`;
    await page.route(stateOfSell, (route) => route.abort());
    await page.getByLabel('Choose all 2 shown').check();
    await page.getByRole('button', { name: 'Switch off' }).click();
    const outcome = page.getByRole('group', { name: 'Chosen tools' }).getByRole('status');
    await expect.poll(() => outcome.textContent()).toBe('Done, for 1 tool, not for 1.');
    const failure = page.getByRole('alert').filter({ hasText: 'The gateway does not answer' });
    await failure.getByText('Not done for shop-sell', { exact: true }).waitFor();
    await expect
      .poll(async () => [await choice('buy').isChecked(), await choice('sell').isChecked()])
      .toEqual([false, true]);
    expect(await tab.findings()).toEqual([]);
    await page.unroute(stateOfSell);
    await choice('buy').check();
    await expect.poll(() => outcome.textContent()).toBe('');
    await expect.poll(() => failure.count()).toBe(0);

    // Chosen and filtered away is not chosen again.
    await page.getByRole('searchbox', { name: 'Search tools' }).fill('shop-sell');
    await choice('buy').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Switch off' }).click();
    await expect.poll(() => outcome.textContent()).toBe('Done, for 1 tool.');
    await page.getByRole('searchbox', { name: 'Search tools' }).fill('');
    await choice('buy').waitFor();
    expect([await choice('buy').isChecked(), await choice('sell').isChecked()]).toEqual([false, false]);
    expect(tab.takeTroubles()).toEqual([]);
  });
});
