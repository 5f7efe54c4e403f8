import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { startGateway, temporaryFolder } from '#libs/testing';
import { afterAll, expect, it } from 'vitest';

const folder = temporaryFolder('start');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Each takes time at every start, and memory for good, though few gateways ever use it. */
const LATER = ['oidc-provider', '@modelcontextprotocol/client', '@nats-io/transport-node', 'zod'];

it('a gateway loads what it may need later only when it needs it', async () => {
  const file = join(folder, 'packages');
  const hooks = new URL('./start/loaded-packages.mjs', import.meta.url);
  const env = { NODE_OPTIONS: `--import=${hooks.href}`, LOADED_PACKAGES: file };
  const gateway = await startGateway({ mode: 'embedded', env });
  await gateway.stop();
  const loaded = readFileSync(file, 'utf8').split('\n');
  expect(loaded).toContain('fastify');
  expect(LATER.filter((name) => loaded.includes(name))).toEqual([]);
});
