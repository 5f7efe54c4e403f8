import { existsSync, writeFileSync } from 'node:fs';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Gateway, startFastUpstream, startGateway } from '#libs/testing';
import { GatewayProcess, temporaryFolder } from './gateway-process.js';

let folder: ReturnType<typeof temporaryFolder>;
let gateway: Gateway;
let upstream: Awaited<ReturnType<typeof startFastUpstream>>;
let silent: Server;

beforeAll(async () => {
  folder = temporaryFolder();
  upstream = await startFastUpstream();
  silent = createServer(() => {});
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const env = {
    LOG_LEVEL: 'error',
    // Of what hangs; what answers does so sooner on a busy machine too.
    MCP_SESSION_POOL_CREATE_TIMEOUT: '20',
  };
  gateway = await startGateway({ mode: 'embedded', env });
});
afterAll(async () => {
  await gateway.stop();
  await upstream.stop();
  silent.closeAllConnections();
  silent.close();
  folder.remove();
});

const importing = async (file: string, ...args: string[]): Promise<GatewayProcess> =>
  GatewayProcess.start({
    cwd: folder.path,
    args: ['import', file, '--url', gateway.url, '--token', gateway.adminToken, ...args],
    env: { UPSTREAM: upstream.url },
  });
const write = (name: string, text: string): string => {
  writeFileSync(join(folder.path, name), text);
  return name;
};
const gateways = () => gateway.admin.call<Record<string, unknown>[]>('GET', '/gateways?include_inactive=true');
const named = async (name: string) => (await gateways()).find((each) => each['name'] === name);

describe('switchyard import', () => {
  it('an import only says what it would do when it is a dry run', async () => {
    const file = write('dry.json', '{"servers":{"dry":{"url":"${UPSTREAM}"},"off":{"command":"x","disabled":true}}}');
    const dry = await importing(file, '--dry-run');
    expect((await dry.ended).code).toBe(1);
    expect(dry.stdout).toMatch(/ {2}dry +would be registered\n/);
    expect(dry.stdout).toMatch(/ {2}off +left out: it is disabled in the file\n/);
    expect(await gateways()).toEqual([]);
  });

  it('an import registers what it can at a running gateway while one server hangs, and starts nothing that is off', async () => {
    const marker = join(folder.path, 'started');
    const { port } = silent.address() as AddressInfo;
    const touch = ['-e', `require('fs').writeFileSync(${JSON.stringify(marker)}, '')`];
    const file = write(
      'many.jsonc',
      `{ // of a project
        "mcpServers": {
          "hangs": { "url": "http://127.0.0.1:${port}/mcp" },
          "good": { "url": "\${UPSTREAM}", "type": "http" },
          "off": { "command": ${JSON.stringify(process.execPath)}, "args": ${JSON.stringify(touch)}, "enabled": "false" },
        },
      }`,
    );
    const many = await importing(file);
    await many.says(/ {2}good +registered: \d+ tools/);
    expect(many.stdout).not.toMatch(/hangs/);
    expect((await many.ended).code).toBe(1);
    expect(many.stdout).toMatch(/ {2}hangs +kept, disabled, to be tried again: /);
    expect(existsSync(marker)).toBe(false);

    expect(await named('good')).toMatchObject({ enabled: true, reachable: true, lastError: null });
    expect(await named('hangs')).toMatchObject({ enabled: false, reachable: false, lastError: expect.any(String) });
    expect(await named('off')).toBeUndefined();
  });

  it('an import tries a server again that failed before, and enables it when it answers', async () => {
    const file = (url: string) => write('again.json', JSON.stringify({ mcpServers: { again: { url, type: 'http' } } }));
    const failed = await importing(file(`http://127.0.0.1:1/mcp`));
    expect((await failed.ended).code).toBe(1);
    expect(failed.stdout).toMatch(/ {2}again +kept, disabled, to be tried again: .*reached/i);

    const repaired = await importing(file(upstream.url));
    expect((await repaired.ended).code).toBe(0);
    expect(repaired.stdout).toMatch(/ {2}again +registered: \d+ tools/);
    expect(await named('again')).toMatchObject({ enabled: true, reachable: true, lastError: null });

    const unchanged = await importing(file(upstream.url));
    await unchanged.ended;
    expect(unchanged.stdout).toMatch(/ {2}again +registered already: /);
  });
});
