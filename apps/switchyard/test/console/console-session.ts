import { randomBytes } from 'node:crypto';
import type { Client } from '@modelcontextprotocol/client';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { expect, vi } from 'vitest';
import { type Gateway, startGateway } from '#libs/testing';
import { ConsolePage } from './console-page.js';

const EMAIL = 'admin@example.com';

/** A gateway whose console the administrator may log in to. */
export class ConsoleGateway {
  private constructor(
    readonly gateway: Gateway,
    private readonly password: string,
  ) {}

  static async start(
    mode: 'embedded' | 'distributed',
    env: Readonly<Record<string, string>> = {},
  ): Promise<ConsoleGateway> {
    const password = `Harbour ${randomBytes(9).toString('hex')}`;
    return new ConsoleGateway(
      await startGateway({ mode, env: { PLATFORM_ADMIN_PASSWORD: password, ...env } }),
      password,
    );
  }

  /** A tab in which the administrator is logged in, or who is named. `url`: where the browser finds the gateway. */
  async tab(
    browser: Browser,
    {
      url = this.gateway.url,
      email = EMAIL,
      password = this.password,
      ...options
    }: BrowserContextOptions & { readonly url?: string; readonly email?: string; readonly password?: string } = {},
  ): Promise<ConsolePage> {
    const tab = await ConsolePage.open(browser, options);
    await tab.page.goto(`${url}/admin/`);
    await tab.page.getByLabel('E-mail').fill(email);
    await tab.page.getByLabel('Password').fill(password);
    await tab.page.keyboard.press('Enter');
    await tab.page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
    return tab;
  }

  /** By REST, as the administrator. Answers the status. */
  async call(tool: string): Promise<number> {
    const headers = { authorization: `Bearer ${this.gateway.adminToken}`, 'content-type': 'application/json' };
    const answer = await fetch(`${this.gateway.url}/v1/tools/call/${tool}`, { method: 'POST', headers, body: '{}' });
    if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
    await answer.arrayBuffer();
    return answer.status;
  }

  /** A client as the file says that was copied in the page, once it is in the clipboard. */
  async clientOfCopiedFile(page: Page): Promise<Client> {
    const read = async () => {
      const file = await page.evaluate<string>('navigator.clipboard.readText()');
      return [/Bearer ([\w.-]{40,})/.exec(file)?.[1], /http:[^"]*\/servers\/[\w-]+\/mcp/.exec(file)?.[0]];
    };
    await vi.waitFor(async () => expect(await read()).not.toContain(undefined));
    const [token = '', url = ''] = await read();
    return this.gateway.client('modern', { path: new URL(url).pathname, token });
  }

  stop(): Promise<void> {
    return this.gateway.stop();
  }
}
