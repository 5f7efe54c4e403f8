import type { Browser, FrameLocator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type McpDouble, startMcpDouble } from '#libs/testing';
import { type AppServer, startAppServer } from './console/app-server.js';
import { type ConsolePage, launchBrowser } from './console/console-page.js';
import { ConsoleGateway } from './console/console-session.js';

const WAITS = { timeout: 60_000 };

/** Answers how the next question stands when its button is clicked as soon as it is there. */
const DOUBLE_CLICK = `(async () => {
  const callIt = () => [...document.querySelectorAll('button')].find(({ textContent }) => textContent === 'Call it');
  const question = () => document.querySelector('[aria-label="The app asks"]');
  const next = new Promise((resolve) => {
    const look = new MutationObserver(() => {
      if (!question()?.textContent.includes('west')) return;
      look.disconnect();
      resolve();
    });
    look.observe(document.body, { subtree: true, childList: true, characterData: true });
  });
  callIt().focus();
  callIt().click();
  await next;
  const seen = { isDisabled: callIt().disabled, hasFocus: document.activeElement === question() };
  callIt().click();
  return seen;
})()`;

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser?.close());

describe.each(['embedded', 'distributed'] as const)('MCP Apps in the console, %s', (mode) => {
  let console: ConsoleGateway;
  let harbour: AppServer;
  let shop: McpDouble;
  let tab: ConsolePage;
  let page: Page;
  let app: FrameLocator;

  beforeAll(async () => {
    console = await ConsoleGateway.start(mode);
    harbour = await startAppServer(() => console.gateway.url);
    shop = await startMcpDouble({
      name: 'shop',
      tools: [{ name: 'buy', description: 'Buys.', inputSchema: { type: 'object' } }],
      call: () => '"content":[{"type":"text","text":"bought"}]',
    });
    await console.gateway.admin.register({ name: 'harbour', url: harbour.url });
    await console.gateway.admin.register({ name: 'shop', url: shop.url });
    tab = await console.tab(browser, { viewport: { width: 1280, height: 1200 } });
    ({ page } = tab);
    app = page.frameLocator('iframe.app').frameLocator('iframe');
  });
  afterAll(async () => {
    await tab?.close();
    await Promise.all([harbour?.stop(), shop?.stop()]);
    await console?.stop();
  });

  /** What the policy of the app forbade the app is told by the same browser. */
  const troubles = (): string[] => tab.takeTroubles().filter((text) => !/'unsafe-eval'| eval /.test(text));
  const said = (): Promise<string | null> => app.locator('#said').textContent();
  const press = (name: string): Promise<void> => app.getByRole('button', { name, exact: true }).click();

  it('an app is shown with the input and the result of its tool when that is run', async () => {
    await page.goto(`${console.gateway.url}/admin/#/tools?q=harbour-berths`);
    await page.getByRole('link', { name: 'harbour-berths' }).click();
    await page.getByLabel(/^quay/).fill('north');
    await page.getByRole('button', { name: 'Run' }).click();
    await app.getByText('Asked for north', { exact: true }).waitFor();
    await app.getByText('berths north: 3 free', { exact: true }).waitFor();
    await page.getByText(/asks for camera, which no app gets here/).waitFor();
    await page.getByText('What it has logged').click();
    await page.getByText('"the app is here"').waitFor();
    expect(await tab.findings()).toEqual([]);
    expect(troubles()).toEqual([]);
  });

  it('an app has one call answered by one click when it asks for two, and the next answer waits for its question', async () => {
    await press('Two at once');
    await page.getByText(/"quay": "east"/).waitFor();
    // Both clicks of a double click, with no more between them than the next question takes to be there.
    await page.getByRole('button', { name: 'Call it', exact: true, disabled: false }).waitFor();
    expect(await page.evaluate<unknown>(DOUBLE_CLICK)).toEqual({ isDisabled: true, hasFocus: true });
    await page.getByRole('button', { name: 'Refuse', exact: true }).click();
    await expect.poll(said, WAITS).toMatch(/^refresh east: 3 free, .*refused/);
    expect(harbour.calls.get('refresh')).toBe(1);
    harbour.calls.clear();
    expect(troubles()).toEqual([]);
  });

  it('an app calls a tool of its upstream when the person agrees, and is refused when they do not', async () => {
    await press('Refresh');
    await page.getByText('The app wants to call').waitFor();
    await page
      .getByText(/"quay": "south"/)
      .first()
      .waitFor();
    expect(await tab.findings()).toEqual([]);
    await page.getByRole('button', { name: 'Refuse' }).click();
    await expect.poll(said, WAITS).toMatch(/No: .*refused/);
    expect(harbour.calls.get('refresh')).toBeUndefined();
    await press('Refresh');
    await page.getByRole('button', { name: 'Call it', exact: true }).click();
    await expect.poll(said, WAITS).toBe('refresh south: 3 free');
    await press('Refresh');
    await page.getByRole('button', { name: /do not ask again/ }).click();
    await expect.poll(said, WAITS).toBe('refresh south: 3 free');
    await press('Refresh');
    await expect.poll(() => harbour.calls.get('refresh')).toBe(3);
    await expect.poll(said, WAITS).toBe('refresh south: 3 free');
    expect(troubles()).toEqual([]);
  });

  it('an app is refused without a question when the tool is not for apps, or of another upstream', async () => {
    await press('Sink');
    await expect.poll(said, WAITS).toMatch(/No: .*sink is not for apps/);
    await press('Buy');
    await expect.poll(said, WAITS).toMatch(/No: .*The upstream has no tool shop-buy/);
    await press('Read');
    await expect.poll(said, WAITS).toMatch(/No: .*(does not offer resources\/read|not support)/);
    await press('Fill');
    await expect.poll(said, WAITS).toBe('{"mode":"inline"}');
    await press('Script link');
    await expect.poll(said, WAITS).toMatch(/No: .*http or https/);
    expect([harbour.calls.get('sink'), await page.getByText('The app wants').count()]).toEqual([undefined, 0]);
  });

  it('an app opens an address when the person does', async () => {
    await press('Link');
    await page.getByText('The app wants to open').waitFor();
    const link = page.getByRole('link', { name: 'Open it' });
    expect(await link.getAttribute('href')).toBe('https://example.org/berths');
    expect(await link.getAttribute('rel')).toBe('noopener noreferrer');
    await page.getByRole('button', { name: 'Refuse' }).click();
    await expect.poll(said, WAITS).toBe('{"isError":true}');
  });

  it('an app sees neither the page, the cookie, the storage nor the API of the console when it tries', async () => {
    const address = page.url();
    await press('Probe');
    await expect
      .poll(said, WAITS)
      .toBe(
        'page refused, frame refused, cookie refused, storage refused, api refused, beacon refused, top refused, popup refused',
      );
    expect(page.url()).toBe(address);
    const frame = page.frames().find((each) => each.url().includes('/admin/app-frame'));
    expect(await frame?.evaluate<string>('self.origin')).toBe('null');
    const asked = await fetch(frame?.url() ?? '');
    const policy = asked.headers.get('content-security-policy') ?? '';
    expect(policy).toContain('connect-src https://api.example.com;');
    expect(policy).toContain("frame-ancestors 'self'");
  });

  it('an app is gone when it is closed, and no page of another origin can frame what it is shown in', async () => {
    tab.takeTroubles();
    await page.getByRole('button', { name: 'Close the app' }).click();
    await page.getByText('The app is closed.').waitFor();
    expect(await page.locator('iframe').count()).toBe(0);
    expect(troubles()).toEqual([]);
    await page.getByRole('button', { name: 'Run' }).click();
    await app.getByText('berths north: 3 free', { exact: true }).waitFor();
    const stranger = await browser.newPage();
    await stranger.setContent(`<iframe src="${console.gateway.url}/admin/app-frame"></iframe>`);
    await expect.poll(() => stranger.frames()[1]?.url()).toMatch(/^chrome-error:/);
    await stranger.close();
  });
});
