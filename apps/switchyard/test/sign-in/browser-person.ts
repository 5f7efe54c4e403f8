import type { Browser } from 'playwright-core';
import { launchBrowser } from '../console/console-page.js';

/** A person with a real browser, which a client opens at a page of the gateway. */
export class BrowserPerson {
  private constructor(
    private readonly browser: Browser,
    private readonly email: string,
    private readonly password: string,
  ) {}

  static async arrive(email: string, password: string): Promise<BrowserPerson> {
    return new BrowserPerson(await launchBrowser(), email, password);
  }

  /** Signs in and allows what is asked for (`but` these scopes), until the browser is back at the client; answers what it says then. */
  async allow(at: string, until: string, but: readonly string[] = []): Promise<string> {
    const context = await this.browser.newContext();
    try {
      const page = await context.newPage();
      await page.goto(at);
      await page.getByLabel('E-mail').fill(this.email);
      await page.getByLabel('Password').fill(this.password);
      for (const scope of but) await page.locator(`input[name=scope][value="${scope}"]`).uncheck();
      await page.getByRole('button', { name: 'Sign in and allow' }).click();
      await page.waitForURL((url) => url.href.startsWith(until));
      return await page.content();
    } finally {
      await context.close();
    }
  }

  leave(): Promise<void> {
    return this.browser.close();
  }
}
