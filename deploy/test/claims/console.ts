import { setTimeout as pause } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import { startMcpDouble } from '#libs/testing';
import { type ConsolePage, launchBrowser } from '../../../apps/switchyard/test/console/console-page.js';
import { ConsoleGateway } from '../../../apps/switchyard/test/console/console-session.js';
import { slowness } from './slowness.js';

const TOOLS = 10_000;
const RATE_PER_SECOND = 200;
const SECONDS = 4;
/** Fewer than one caller may have. */
const UNDER_WAY_MAX = 200;

/** What the console promises: so long until its first page can be used at a quarter of the speed, … */
const USABLE_MS = 1_000;
/** … so long a task, which keeps whoever uses it waiting, … */
const TASK_MS = 100;
/** … and so many paints a second, one more where a second begins with one. */
const PAINTS_PER_SECOND = 11;

/** One figure of the console; times are held against what the budget is on this machine as busy as it was meanwhile. */
export interface ConsoleFigure {
  readonly figure: string;
  readonly value: number;
  readonly budget: number;
  readonly slowness: number;
  readonly isKept: boolean;
}

const timed = (figure: string, ms: number, budget: number, slow: readonly number[]): ConsoleFigure => {
  const most = Math.max(...slow);
  return { figure, value: Math.round(ms), budget, slowness: Number(most.toFixed(1)), isKept: ms <= budget * most };
};

/** Notes when the page is changed, and each task that takes longer than 50 ms. */
const WATCH = `(() => {
  const paints = [], longMs = [];
  const changes = new MutationObserver(() => paints.push(performance.now()));
  changes.observe(document.querySelector('main'), { subtree: true, childList: true, characterData: true });
  const tasks = new PerformanceObserver((list) => { for (const entry of list.getEntries()) longMs.push(entry.duration); });
  tasks.observe({ type: 'longtask' });
  globalThis.watched = () => { changes.disconnect(); tasks.disconnect(); return { paints, longMs }; };
})()`;

interface Watched {
  readonly paints: readonly number[];
  readonly longMs: readonly number[];
}

const watched = (page: Page): Promise<Watched> => page.evaluate<Watched>('watched()');

const paintsPerSecond = (atMs: readonly number[]): number =>
  Math.max(0, ...atMs.map((from) => atMs.filter((ms) => ms >= from && ms < from + 1_000).length));

const usable = async ({ page }: ConsolePage): Promise<ConsoleFigure> => {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Emulation.setCPUThrottlingRate', { rate: 4 });
  await page.addInitScript(`new MutationObserver((_changes, seen) => {
    if (document.querySelector('main h1') === null) return;
    seen.disconnect();
    requestIdleCallback(() => { globalThis.usableMs = performance.now(); });
  }).observe(document, { subtree: true, childList: true });`);
  const tries: ConsoleFigure[] = [];
  for (let times = 0; times < 3; times++) {
    const before = slowness();
    await page.reload();
    // The policy of the page lets no string become code, so that it is looked at from outside.
    let ms = 0;
    for (; ms === 0; await pause(50)) ms = await page.evaluate<number>('globalThis.usableMs ?? 0');
    tries.push(timed('usable at a quarter of the speed, ms', ms, USABLE_MS, [before, slowness()]));
  }
  await devtools.send('Emulation.setCPUThrottlingRate', { rate: 1 });
  const [best] = tries.toSorted((one, other) => one.value / one.slowness - other.value / other.slowness);
  return best as ConsoleFigure;
};

const searched = async ({ page }: ConsolePage): Promise<ConsoleFigure> => {
  await page.evaluate(`location.hash = '#/tools'`);
  await page
    .getByRole('status')
    .filter({ hasText: /10,00\d tools/ })
    .waitFor();
  const slow = [slowness()];
  await page.evaluate(WATCH);
  await page.keyboard.press('/');
  await page.keyboard.type('collection 77');
  await page
    .getByRole('status')
    .filter({ hasText: /^\d{3} tools$/ })
    .waitFor();
  await page.getByRole('button', { name: /Show .* more/ }).click();
  await page.mouse.wheel(0, 4_000);
  slow.push(slowness());
  await page.getByRole('searchbox', { name: 'Search tools' }).fill('tool_9999');
  await page.getByRole('status').filter({ hasText: '1 tool' }).waitFor();
  slow.push(slowness());
  const { longMs } = await watched(page);
  return timed(`longest task while ${TOOLS} tools are searched, ms`, Math.max(0, ...longMs), TASK_MS, slow);
};

const told = async (console: ConsoleGateway, { page }: ConsolePage, at: string): Promise<ConsoleFigure[]> => {
  await page.evaluate(`location.hash = '${at}'`);
  await page.getByRole('heading', { level: 1, name: at === '#/' ? 'Overview' : 'Calls' }).waitFor();
  if (at === '#/calls') await page.getByRole('status').filter({ hasText: 'Live' }).waitFor();
  const slow = [slowness()];
  await page.evaluate(WATCH);
  const begun = performance.now();
  const calls: Promise<number>[] = [];
  let underWay = 0;
  for (let now = begun; now - begun < SECONDS * 1_000; now = performance.now()) {
    const due = Math.floor(((now - begun) / 1_000) * RATE_PER_SECOND);
    for (; calls.length < due && underWay < UNDER_WAY_MAX; underWay++)
      calls.push(console.call(`quick-${['one', 'two'][calls.length % 2]}`).finally(() => underWay--));
    await pause(5);
  }
  slow.push(slowness());
  await Promise.all(calls);
  await pause(1_500);
  const { paints, longMs } = await watched(page);
  // What a machine that others use besides takes longer for everything is not the page's doing.
  slow.push(slowness());
  const where = `at ${at} with ${RATE_PER_SECOND} calls/s`;
  const perSecond = paintsPerSecond(paints);
  return [
    timed(`longest task ${where}, ms`, Math.max(0, ...longMs), TASK_MS, slow),
    {
      figure: `paints in a second ${where}`,
      value: perSecond,
      budget: PAINTS_PER_SECOND,
      slowness: Number(Math.max(...slow).toFixed(1)),
      isKept: perSecond > 0 && perSecond <= PAINTS_PER_SECOND,
    },
  ];
};

const onTab = async (console: ConsoleGateway, browser: Browser, manyUrl: string): Promise<ConsoleFigure[]> => {
  const tab = await console.tab(browser, { viewport: { width: 1280, height: 860 } });
  const figures = [await usable(tab), ...(await told(console, tab, '#/calls')), ...(await told(console, tab, '#/'))];
  await console.gateway.admin.register({ name: 'many', url: manyUrl });
  return [...figures, await searched(tab)];
};

/** The budgets in time of the console, in a real browser. */
export const measureConsole = async (): Promise<readonly ConsoleFigure[]> => {
  const offering = (name: string, names: readonly string[]) =>
    startMcpDouble({
      name,
      tools: names.map((tool, at) => ({
        name: tool,
        description: `Looks things up in collection ${at} and answers with what it found, newest first.`,
        inputSchema: { type: 'object', properties: { text: { type: 'string' } } },
      })),
      call: () => '"content":[]',
    });
  const browser = await launchBrowser();
  const console = await ConsoleGateway.start('embedded');
  const [quick, many] = await Promise.all([
    offering('quick', ['one', 'two']),
    offering(
      'many',
      Array.from({ length: TOOLS }, (_, at) => `tool_${at}`),
    ),
  ]);
  try {
    await console.gateway.admin.register({ name: 'quick', url: quick.url });
    return await onTab(console, browser, many.url);
  } finally {
    await browser.close();
    await console.stop();
    await Promise.all([quick.stop(), many.stop()]);
  }
};
