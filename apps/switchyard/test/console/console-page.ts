import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Browser, type BrowserContextOptions, type Page, chromium } from 'playwright-core';

const require = createRequire(import.meta.url);
const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

const chromiumPath = (): string =>
  execFileSync('sh', ['-c', 'command -v chromium || command -v chromium-browser || command -v google-chrome'], {
    encoding: 'utf8',
  }).trim();

/** What a page is to show comes, however slow the machine is. */
const PATIENCE_MS = 120_000;

export const launchBrowser = async (args: readonly string[] = []): Promise<Browser> => {
  const browser = await chromium.launch({
    executablePath: chromiumPath(),
    // The tests may run as root, whom Chromium gives no sandbox.
    args: ['--no-sandbox', ...args],
    timeout: PATIENCE_MS,
  });
  browser.on('context', (context) => context.setDefaultTimeout(PATIENCE_MS));
  return browser;
};

/** A tab of the console that notes what its policy forbade and what its script threw. */
export class ConsolePage {
  private constructor(
    readonly page: Page,
    private readonly troubles: string[],
  ) {}

  static async open(browser: Browser, options: BrowserContextOptions = {}): Promise<ConsolePage> {
    const context = await browser.newContext(options);
    const page = await context.newPage();
    const troubles: string[] = [];
    page.on('pageerror', ({ message }) => troubles.push(message));
    page.on('console', (message) => {
      if (/Content.Security.Policy|Trusted ?Type/i.test(message.text())) troubles.push(message.text());
    });
    await page.addInitScript(
      `addEventListener('securitypolicyviolation', (event) => console.error('Content Security Policy: ' + event.violatedDirective + ' ' + event.blockedURI + ' ' + event.sample))`,
    );
    return new ConsolePage(page, troubles);
  }

  /** What was forbidden or thrown since it was asked last. */
  takeTroubles(): string[] {
    return this.troubles.splice(0);
  }

  /** Moves on by Tab until what has the focus is called so, as somebody without a mouse does; what is still on its way comes. */
  async tabTo(name: string | RegExp): Promise<void> {
    let seen: string[];
    const giveUpAtMs = Date.now() + PATIENCE_MS;
    do {
      seen = [];
      while (seen.length < TABS_MAX) {
        await this.page.keyboard.press('Tab');
        const focused = await this.focused();
        if (typeof name === 'string' ? focused === name : name.test(focused)) return;
        seen.push(focused);
      }
    } while (Date.now() < giveUpAtMs);
    throw new Error(`"${String(name)}" is not reached by Tab: ${seen.join(' | ')}`);
  }

  /** What has the focus, as it is called. */
  focused(): Promise<string> {
    return this.page.evaluate<string>(FOCUSED_NAME);
  }

  /** What axe-core finds in what is shown, by rule and element. */
  async findings(): Promise<string[]> {
    await this.page.evaluate(SETTLED);
    await this.page.evaluate(AXE);
    return this.page.evaluate<string[]>(`axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    }).then(({ violations }) => violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => id + ': ' + html.slice(0, 160) + ' ' + failureSummary)))`);
  }

  /** How far the page is wider than its window, in pixels. */
  overflow(): Promise<number> {
    return this.page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }
}

const TABS_MAX = 80;
/** What fades in has another contrast until it is there. */
const SETTLED = `Promise.all(document.getAnimations()
  .filter((one) => one.effect.getComputedTiming().endTime !== Infinity)
  .map((one) => one.finished.catch(() => undefined))).then(() => undefined)`;
const FOCUSED_NAME = `(() => {
  const focused = document.activeElement;
  const label = focused?.labels?.[0]?.textContent ?? focused?.getAttribute('aria-label');
  return (label ?? focused?.textContent ?? '').trim();
})()`;
