import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type McpDouble, startMcpDouble } from '#libs/testing';
import { type ConsolePage, launchBrowser } from './console/console-page.js';
import { ConsoleGateway } from './console/console-session.js';

const root = resolve(import.meta.dirname, '../../..');
const folder = join(root, 'docs/pictures');
/** `npm run pictures` takes them anew; else those that are there are compared with what the console is now. */
const isTaking = process.env.PICTURES === 'take';
/** Of a hundred small squares: times, durations and the letters of another machine differ, another page does more. */
const OTHERS_MAX_PERCENT = 8;

/** As `examples/upstream.mjs`, by HTTP: the path of a program is another on each machine. */
const startNotes = (): Promise<McpDouble> => {
  const tool = (name: string, description: string, ...members: string[]) => ({
    name,
    description,
    inputSchema: {
      type: 'object',
      properties: Object.fromEntries(members.map((member) => [member, { type: 'string' }])),
      required: members,
    },
  });
  return startMcpDouble({
    name: 'notes',
    tools: [
      tool('read_note', 'Reads a note by its name.', 'name'),
      tool('write_note', 'Keeps a note under a name.', 'name', 'note'),
    ],
    call: () => '"content":[{"type":"text","text":"kept “today”"}]',
  });
};

describe('the pictures of the tutorial', () => {
  let browser: Browser;
  let console: ConsoleGateway;
  let notes: McpDouble;
  let tab: ConsolePage;

  beforeAll(async () => {
    browser = await launchBrowser();
    console = await ConsoleGateway.start('embedded');
    notes = await startNotes();
    tab = await console.tab(browser, { viewport: { width: 1180, height: 720 }, colorScheme: 'light' });
  });
  afterAll(async () => {
    await browser?.close();
    await console?.stop();
    await notes?.stop();
  });

  const go = (hash: string): Promise<unknown> => tab.page.goto(`${console.gateway.url}/admin/${hash}`);

  /** Keeps what is in sight, or compares it with what was kept. */
  const picture = async (name: string): Promise<void> => {
    const { page } = tab;
    await page.evaluate('document.activeElement?.blur()');
    const taken = await page.screenshot({ animations: 'disabled', caret: 'hide' });
    const path = join(folder, `${name}.png`);
    if (isTaking) {
      mkdirSync(folder, { recursive: true });
      writeFileSync(path, taken);
    }
    expect(existsSync(path), `${name}.png is there`).toBe(true);
    const blank = await page.context().newPage();
    const others = await blank.evaluate<number>(
      `(${OTHERS})(${JSON.stringify([readFileSync(path).toString('base64'), taken.toString('base64')])})`,
    );
    await blank.close();
    expect(others, `${name}.png is another than the console by now: npm run pictures`).toBeLessThan(OTHERS_MAX_PERCENT);
  };

  it('each picture shows the console as it is when its step of the tutorial is done there', {
    timeout: 480_000,
  }, async () => {
    const { page } = tab;
    await go('#/upstreams?add=1');
    await page.getByRole('dialog', { name: 'Add an upstream' }).waitFor();
    await page.keyboard.insertText(JSON.stringify({ mcpServers: { notes: { url: notes.url } } }));
    await page.keyboard.press('Control+Enter');
    await page.getByText(/notes: up/).waitFor();
    await picture('upstream-added');

    await go('#/tools');
    await page.getByRole('link', { name: 'notes-write_note' }).click();
    await page.getByRole('heading', { level: 1, name: 'notes-write_note' }).waitFor();
    await page.getByLabel(/^name/).fill('today');
    await page.getByLabel(/^note/).fill('the gateway works');
    await page.getByRole('button', { name: 'Run' }).click();
    await page.getByText('kept “today”', { exact: true }).waitFor();
    await page.locator('section', { hasText: 'Its last calls' }).getByText('Done').waitFor();
    await picture('tool-tried');

    await go('#/servers/new');
    await page.getByLabel('Name').fill('reading');
    await page.getByLabel(/notes-read_note/).check();
    await picture('server-of-chosen-tools');

    for (const tool of ['notes-read_note', 'notes-reed_note']) await console.call(tool).catch(() => undefined);
    await go('#/calls');
    await page.getByRole('row', { name: /notes-reed_note.*Refused/ }).waitFor();
    await page.getByRole('row', { name: /notes-read_note/ }).waitFor();
    await picture('calls');
    await page
      .getByRole('row', { name: /notes-reed_note/ })
      .getByRole('link')
      .click();
    await page.getByText(/may not call it/).waitFor();
    await picture('why-refused');
    expect(tab.takeTroubles()).toEqual([]);
  });
});

/** In a page: of two pictures, how many of a hundred small squares are not alike. */
const OTHERS = `async (pictures) => {
  const [width, height] = [118, 72];
  const [one, other] = await Promise.all(pictures.map(async (base64) => {
    const image = new Image();
    image.src = 'data:image/png;base64,' + base64;
    await image.decode();
    const canvas = new OffscreenCanvas(width, height).getContext('2d');
    canvas.imageSmoothingQuality = 'high';
    canvas.drawImage(image, 0, 0, width, height);
    return canvas.getImageData(0, 0, width, height).data;
  }));
  let others = 0;
  for (let at = 0; at < one.length; at += 4)
    if (Math.abs(one[at] - other[at]) + Math.abs(one[at + 1] - other[at + 1]) + Math.abs(one[at + 2] - other[at + 2]) > 60) others++;
  return (others / (width * height)) * 100;
}`;
