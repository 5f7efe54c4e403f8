import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ConsolePage, launchBrowser } from './console/console-page.js';
import { ConsoleGateway } from './console/console-session.js';

let browser: Browser;
let console: ConsoleGateway;
let tab: ConsolePage;
beforeAll(async () => {
  browser = await launchBrowser();
  console = await ConsoleGateway.start('embedded');
  tab = await console.tab(browser);
});
afterAll(async () => {
  await browser?.close();
  await console?.stop();
});

/** Somebody writes on after what they have written was handed on, and before the page has heard of that. */
const WRITE_ON = `addEventListener('hashchange', () => {
  const field = document.querySelector('input[type=search]');
  if (!globalThis.more || field === null) return;
  const text = field.value + globalThis.more;
  globalThis.more = '';
  Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(field, text);
  field.dispatchEvent(new Event('input', { bubbles: true }));
});`;

it('a search keeps what is written on when the page has only begun to search', async () => {
  const { page } = tab;
  await page.addInitScript(WRITE_ON);
  await page.goto(`${console.gateway.url}/admin/#/settings`);
  await page.reload();
  const field = page.getByRole('searchbox', { name: 'Search settings' });
  await field.waitFor();
  await page.evaluate(`globalThis.more = '_CHANGES'`);
  await field.fill('TOOL');
  await expect.poll(() => page.url()).toMatch(/q=TOOL_CHANGES$/);
  expect(await field.inputValue()).toBe('TOOL_CHANGES');
  await page.goto(`${console.gateway.url}/admin/#/settings?q=JWT`);
  await expect.poll(() => field.inputValue()).toBe('JWT');
});
