import { once } from 'node:events';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseConfig } from '#libs/config';
import { toolInvocationOptions } from '../tool-invocation.config.js';
import { settingsOf } from '../tool-invocation.settings.js';
import type { UpstreamDirectory } from '../upstreams/upstream-directory.js';
import { DocumentService } from './document.service.js';
import { FormService } from './form.service.js';

const settings = {
  ...settingsOf(parseConfig(toolInvocationOptions, {}), { embedded: true, dataDir: '.switchyard' }),
  egress: { enabled: true, allowLocalhost: true, allowPrivate: true, nameServers: [] },
};

let server: Server;
let url: string;

beforeAll(async () => {
  server = createServer((request, response) => request.resume().once('end', () => response.end('{}')));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const bytesMax = 1_000;
const post = (namedBy?: string) =>
  new FormService(settings).post(
    { url, bytesMax, ...(namedBy && { namedBy }) },
    { body: 'a=b', deadlineAtMs: performance.now() + 5_000 },
  );
const fetchIt = (namedBy?: string) =>
  new DocumentService(settings, {} as UpstreamDirectory).fetch({ url, bytesMax, ...(namedBy && { namedBy }) });

describe('what an upstream names', () => {
  it.each([
    ['post', post],
    ['fetch', fetchIt],
  ])('%s does not reach into this network when an upstream on the internet names the address', async (_what, reach) => {
    await expect(reach('https://93.184.216.34/mcp')).rejects.toMatchObject({ code: 'upstream.refused' });
    await expect(reach('http://127.0.0.1:1/mcp')).resolves.toBeDefined();
    await expect(reach()).resolves.toBeDefined();
  });
});
