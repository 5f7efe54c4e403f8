import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { afterAll, beforeAll, beforeEach, expect, it, onTestFailed } from 'vitest';
import { type Gateway, startGateway } from '#libs/testing';
import { checkDocument, previewDocument, registerDocument, startDocumentServer } from './documents/import-document.js';
import { FIGMA, PACKAGES } from './documents/known-documents.js';

const { devDependencies } = createRequire(import.meta.url)('../../../package.json') as {
  readonly devDependencies: Readonly<Record<string, string>>;
};

let gateway: Gateway;
let server: Awaited<ReturnType<typeof startDocumentServer>>;
beforeAll(async () => {
  const file = new URL(`../../../node_modules/${FIGMA.package}/${FIGMA.file}`, import.meta.url);
  server = await startDocumentServer(readFileSync(file, 'utf8'));
  gateway = await startGateway({ mode: 'embedded' });
});
afterAll(async () => {
  await gateway?.stop();
  await server?.stop();
});
beforeEach(() => onTestFailed(() => console.error(gateway.logs().slice(-8_000))));

it('a document of a vendor becomes tools that both SDKs list in both eras, with names and schemas that hold', async () => {
  expect(devDependencies[FIGMA.package]).toBe(PACKAGES[FIGMA.package]);
  const source = { name: FIGMA.name, documentUrl: server.url };
  const preview = await previewDocument(gateway, source);
  const registered = await registerDocument(gateway, source);
  const { names, skipped, faults } = await checkDocument(gateway, registered, preview);
  expect(faults).toEqual([]);
  expect(skipped).toEqual([]);
  expect(names).toHaveLength(54);
});
