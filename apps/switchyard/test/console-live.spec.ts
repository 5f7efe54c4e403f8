import { setTimeout as pause } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type McpDouble, type StallingProxy, startMcpDouble, startStallingProxy } from '#libs/testing';
import { type ConsolePage, launchBrowser } from './console/console-page.js';
import { ConsoleGateway } from './console/console-session.js';

const CALLS = 400;
const AT_ONCE = 16;

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
});

/** What the page has asked the gateway for, by path. */
const notingRequests = (page: Page): string[] => {
  const paths: string[] = [];
  page.on('request', (request) => paths.push(new URL(request.url()).pathname));
  return paths;
};

describe.each(['embedded', 'distributed'] as const)('the stream of the console, %s', (mode) => {
  let console: ConsoleGateway;
  let upstream: McpDouble;
  let proxy: StallingProxy;
  let tab: ConsolePage;
  let asked: string[];
  let gatewayId: string;

  beforeAll(async () => {
    console = await ConsoleGateway.start(mode);
    upstream = await startMcpDouble({
      name: 'quick',
      tools: ['one', 'two', 'three', 'four'].map((name) => ({
        name,
        description: name,
        inputSchema: { type: 'object' },
      })),
      call: () => '"content":[]',
    });
    ({ id: gatewayId } = await console.gateway.admin.register({ name: 'Quick', url: upstream.url }));
    const { port } = new URL(console.gateway.url);
    proxy = await startStallingProxy({ host: '127.0.0.1', port: Number(port) });
    tab = await console.tab(browser, {
      url: `http://127.0.0.1:${proxy.port}`,
      viewport: { width: 1280, height: 860 },
    });
    asked = notingRequests(tab.page);
  });
  afterAll(async () => {
    await tab?.close();
    await proxy?.stop();
    await upstream?.stop();
    await console?.stop();
  });

  const hash = (to: string): Promise<unknown> => tab.page.evaluate(`location.hash = ${JSON.stringify(to)}`);
  const rows = (): Promise<string[]> => tab.page.locator('.table tbody td[data-label="What"]').allTextContents();
  const setHidden = (isHidden: boolean): Promise<unknown> =>
    tab.page.evaluate(`Object.defineProperty(document, 'hidden', { configurable: true, get: () => ${isHidden} });
      Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => '${isHidden ? 'hidden' : 'visible'}' });
      document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));`);

  it('calls and state are shown when they happen, and nothing is asked for in turns', async () => {
    const { page } = tab;
    await hash('#/calls');
    await page.getByRole('status').filter({ hasText: 'Live' }).waitFor();
    await page.getByText('No call yet').waitFor();
    asked.length = 0;
    expect(await console.call('quick-one')).toBe(200);
    await expect.poll(rows).toEqual(['quick-one']);
    // That the catalog has changed may be heard late, and is asked for once.
    expect(asked).not.toContain('/v1/calls');
    expect(asked).toHaveLength(new Set(asked).size);

    await hash('#/upstreams');
    await page.getByRole('row', { name: /Quick.*Up/ }).waitFor();
    await console.gateway.admin.call('POST', `/gateways/${gatewayId}/state?activate=false`);
    await page.getByRole('row', { name: /Quick.*Switched off/ }).waitFor();
    await console.gateway.admin.call('POST', `/gateways/${gatewayId}/state?activate=true`);
    await page.getByRole('row', { name: /Quick.*Up/ }).waitFor();
    expect(asked.filter((path) => path === '/v1/tap')).toEqual([]);
    expect(tab.takeTroubles()).toEqual([]);
  });

  it('calls of the time in which the stream was broken are shown, each once, when it stands again', async () => {
    const { page } = tab;
    await hash('#/calls');
    await expect.poll(rows).toEqual(['quick-one']);
    asked.length = 0;
    proxy.stall({ forGood: true });
    proxy.cut();
    expect(await console.call('quick-two')).toBe(200);
    await page.getByText(/Nothing is heard from the gateway since/).waitFor();
    expect(await tab.findings()).toEqual([]);
    expect(await console.call('quick-three')).toBe(200);
    proxy.restore();
    await page.getByRole('button', { name: 'Try now' }).click();
    await expect.poll(rows).toEqual(['quick-three', 'quick-two', 'quick-one']);
    await page.getByRole('status').filter({ hasText: 'Live' }).waitFor();
    expect(asked).toContain('/v1/calls');
    expect(await console.call('quick-four')).toBe(200);
    await expect.poll(rows).toEqual(['quick-four', 'quick-three', 'quick-two', 'quick-one']);
  });

  it('the console asks for nothing and holds no stream while its tab is hidden, and shows what it has missed when it is seen', async () => {
    const ended = tab.page.waitForEvent('requestfailed', (request) => request.url().includes('/v1/tap'));
    await setHidden(true);
    await ended;
    asked.length = 0;
    expect(await console.call('quick-one')).toBe(200);
    const recorded = async (): Promise<number> =>
      (await console.gateway.admin.call<{ calls: readonly unknown[] }>('GET', '/calls')).calls.length;
    await expect.poll(recorded).toBe(5);
    expect(asked).toEqual([]);
    await setHidden(false);
    await expect.poll(rows).toEqual(['quick-one', 'quick-four', 'quick-three', 'quick-two', 'quick-one']);
    expect(asked.filter((path) => path === '/v1/tap')).toHaveLength(1);
  });

  it('calls wait in a number when they are paused by the space bar, and are shown when that is asked for', async () => {
    const { page } = tab;
    await page.locator('main').focus();
    await page.keyboard.press('Space');
    await page.getByRole('status').filter({ hasText: 'Paused' }).waitFor();
    const before = await rows();
    await Promise.all(['quick-one', 'quick-two'].map((tool) => console.call(tool)));
    await page.getByRole('button', { name: 'Show 2 new' }).waitFor();
    expect(await rows()).toEqual(before);
    await page.getByRole('button', { name: 'Show 2 new' }).click();
    await expect.poll(async () => (await rows()).length).toBe(before.length + 2);
    expect(tab.takeTroubles()).toEqual([]);
  });

  /** How smooth that is is for `npm run claims -- console` to say. */
  it.runIf(mode === 'embedded')(
    'the console paints a page by batches when many calls are told, at most ten for each second that they take',
    async () => {
      const { page } = tab;
      for (const at of ['#/calls', '#/']) {
        await hash(at);
        await page.getByRole('heading', { level: 1, name: at === '#/' ? 'Overview' : 'Calls' }).waitFor();
        await page.evaluate(WATCH);
        let begun = 0;
        const answers: number[] = [];
        const caller = async (): Promise<void> => {
          while (begun++ < CALLS) answers.push(await console.call(`quick-${['one', 'two'][begun % 2]}`));
        };
        await Promise.all(Array.from({ length: AT_ONCE }, caller));
        expect(answers).toEqual(answers.map(() => 200));
        const watched = () => page.evaluate<{ paints: number; seconds: number }>('watched()');
        await expect.poll(async () => (await watched()).paints).toBeGreaterThan(0);
        // Later than what is painted last of them.
        await pause(1_500);
        const { paints, seconds } = await watched();
        // Ten a second of what happens; besides, sums and what tells how long ago something was are painted anew each second.
        expect(paints).toBeLessThanOrEqual(2 + Math.ceil(13 * seconds));
      }
    },
  );
});

/** Counts how often the page is changed in how many of its own seconds: a machine that stands still makes that fewer. */
const WATCH = `(() => {
  let paints = 0;
  const fromMs = performance.now();
  const changes = new MutationObserver(() => paints++);
  changes.observe(document.querySelector('main'), { subtree: true, childList: true, characterData: true });
  globalThis.watched = () => ({ paints, seconds: (performance.now() - fromMs) / 1_000 });
})()`;
