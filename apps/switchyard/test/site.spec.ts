import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser } from './console/console-page.js';

const root = resolve(import.meta.dirname, '../../..');
const site = join(root, 'dist/site');
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};

/** As any server of files has it: `/tutorial` is `tutorial.html`. */
const serve = (): Server =>
  createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://site').pathname;
    const file = [path, `${path}.html`, `${path}index.html`]
      .map((name) => join(site, name))
      .find((name) => extname(name) !== '' && existsSync(name));
    if (file === undefined) return void response.writeHead(404).end();
    response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' });
    response.end(readFileSync(file));
  });

describe('the site of the docs', () => {
  let server: Server;
  beforeAll(async () => {
    // VitePress itself refuses a link between pages that leads nowhere.
    execFileSync(process.execPath, ['scripts/site.mjs'], { cwd: root, stdio: 'pipe' });
    server = serve().listen(0, '127.0.0.1');
    await new Promise((listening) => server.once('listening', listening));
  });
  afterAll(() => server?.close());

  it('the site has every page of the docs, and the files that these lead to', () => {
    const pages = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' }).filter((file) =>
      file.endsWith('.md'),
    );
    const html = pages.map((page) => page.replace(/README\.md$/, 'index.md').replace(/md$/, 'html'));
    expect(html.length).toBeGreaterThan(80);
    expect(
      [...html, 'changelog.html', 'reference/openapi.json'].filter((file) => !existsSync(join(site, file))),
    ).toEqual([]);
  });

  it('the site shows diagrams as pictures that load nothing when a page has them', () => {
    const page = readFileSync(join(site, 'architecture.html'), 'utf8');
    const [, file = ''] = /<img src="([^"]*)" alt="Diagram: Architecture"/.exec(page) ?? [];
    const diagram = readFileSync(join(site, file), 'utf8');
    expect(page).not.toContain('flowchart LR');
    for (const service of ['ingress', 'auth', 'registry', 'tool-invocation', 'metrics'])
      expect(diagram).toContain(service);
    expect(diagram).not.toMatch(/@import|<script|url\(["']?http/);
  });

  it('the site finds pages by their words, shows the pictures and loads nothing from elsewhere when it is read', async () => {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const browser = await launchBrowser();
    try {
      const page = await browser.newPage();
      const elsewhere: string[] = [];
      const failed: string[] = [];
      page.on(
        'request',
        (request) =>
          !/^(data|blob):/.test(request.url()) && !request.url().startsWith(url) && elsewhere.push(request.url()),
      );
      page.on('response', (response) => response.status() >= 400 && failed.push(response.url()));
      await page.goto(`${url}/tutorial`);
      await page.locator('main img').first().waitFor();
      const widths = await page.evaluate<number[]>(
        `Promise.all([...document.querySelectorAll('main img')].map(async (image) => (await image.decode(), image.naturalWidth)))`,
      );
      expect(widths).toEqual([1180, 1180, 1180, 1180, 1180]);
      await page.keyboard.press('Control+k');
      await page.getByRole('searchbox').fill('hold back changes of tools');
      await page.getByRole('option').first().waitFor();
      await page.keyboard.press('Enter');
      await page.waitForURL(/approvals|console/);
      expect([elsewhere, failed.filter((path) => !path.endsWith('/favicon.ico'))]).toEqual([[], []]);
    } finally {
      await browser.close();
    }
  });
});
