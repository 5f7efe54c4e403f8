import fs from 'node:fs';
import path from 'node:path';
import { parseEnv } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { type Gateway, type LedgerUpstream, startGateway, startLedgerUpstream } from '#libs/testing';

const root = path.resolve(import.meta.dirname, '../..');
const profiles = path.join(root, 'deploy/profiles');
const settings = new Set(
  [...fs.readFileSync(path.join(root, 'docs/reference/settings.md'), 'utf8').matchAll(/^\| `(\w+)`/gm)].map(
    ([, name]) => name,
  ),
);

let gateway: Gateway | undefined;
let upstream: LedgerUpstream | undefined;
afterEach(async () => {
  await gateway?.stop();
  await upstream?.stop();
});

const statusOf = async (path: string, init: RequestInit = {}): Promise<number> => {
  const response = await fetch(`${gateway?.url}${path}`, init);
  await response.text();
  return response.status;
};
const listTools: RequestInit = {
  method: 'POST',
  headers: { 'content-type': 'application/json', accept: 'application/json' },
  body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' }),
};

/** What a gateway of the profile answers to who has no token: `/rpc`, the pages for Prometheus, the OpenAPI document. */
const EXPECTED: Readonly<Record<string, Readonly<Record<'rpc' | 'prometheus' | 'internal' | 'docs', number>>>> = {
  'mcp-only.env': { rpc: 401, prometheus: 404, internal: 401, docs: 404 },
  'production.env': { rpc: 401, prometheus: 401, internal: 401, docs: 404 },
  'development.env': { rpc: 200, prometheus: 200, internal: 200, docs: 200 },
};

describe('a gateway that is started with a shipped profile', () => {
  it.each(fs.readdirSync(profiles))(
    '%s serves, and is as open as the profile says',
    async (name) => {
      const env = parseEnv(fs.readFileSync(path.join(profiles, name), 'utf8')) as Record<string, string>;
      expect(Object.keys(env).filter((setting) => !settings.has(setting))).toEqual([]);
      upstream = await startLedgerUpstream();
      // The upstream of this test is on this host, where production has none.
      gateway = await startGateway({ mode: 'embedded', env: { ...env, SSRF_ALLOW_LOCALHOST: 'true' } });
      await gateway.admin.register({ name: 'ledger', url: upstream.url, toolPrefix: '' });
      const client = await gateway.client('modern');
      expect(await client.callTool({ name: 'record', arguments: { id: name } })).toMatchObject({
        content: [{ text: name }],
      });
      expect({
        rpc: await statusOf('/rpc', listTools),
        prometheus: await statusOf('/metrics/prometheus'),
        internal: await statusOf('/internal/metrics'),
        docs: await statusOf('/docs-json'),
      }).toEqual(EXPECTED[name]);
    },
    120_000,
  );
});
