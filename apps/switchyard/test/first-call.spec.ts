import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { GatewayProcess, processesAt, ROOT, temporaryFolder } from './gateway-process.js';

const EVERYTHING = join(ROOT, 'node_modules', '@modelcontextprotocol', 'server-everything', 'dist', 'index.js');

let folder: ReturnType<typeof temporaryFolder>;
let gateway: GatewayProcess | null = null;
beforeAll(() => {
  folder = temporaryFolder();
});
afterEach(async () => {
  await gateway?.kill('SIGKILL');
  gateway = null;
});
afterAll(() => folder.remove());

const start = async (...args: string[]): Promise<GatewayProcess> => {
  gateway = await GatewayProcess.start({ cwd: folder.path, args });
  return gateway;
};
/** The status that a client's first request gets. */
const initialize = async (url: string, headers: Record<string, string>): Promise<number> => {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'initialize',
      params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } },
    }),
  });
  await answer.body?.cancel();
  return answer.status;
};
const stop = async (): Promise<void> => {
  expect(await gateway?.kill('SIGINT')).toBe(0);
  await expect.poll(() => processesAt(folder.path)).toEqual([]);
};

describe('npm start -- --demo', () => {
  it.each(['the first time', 'and again'])(
    'npm start -- --demo calls a real tool in both eras and keeps serving, %s',
    async (time) => {
      const demo = await start('--demo');
      await demo.says(/Ctrl-C stops it/);
      expect(demo.stdout).toContain(`Switchyard 0.1.0 is ready at ${demo.url}`);
      expect(demo.stdout).toContain(
        time === 'and again' ? 'server-everything is registered already' : 'server-everything is registered',
      );
      expect(demo.stdout).toMatch(
        /tools\/call everything-echo, a client of 2025-11-25: "Echo: hello from a legacy client"/,
      );
      expect(demo.stdout).toMatch(
        /tools\/call everything-echo, a client of 2026-07-28: "Echo: hello from a modern client"/,
      );

      const configuration = JSON.parse(
        demo.stdout.slice(demo.stdout.indexOf('{\n'), demo.stdout.lastIndexOf('}') + 1),
      ) as {
        mcpServers: { switchyard: { url: string; headers: Record<string, string> } };
      };
      const { url, headers } = configuration.mcpServers.switchyard;
      expect([await initialize(url, headers), await initialize(url, {})]).toEqual([200, 401]);
      const token = /days\):\n(\S+)/.exec(demo.stdout)?.[1] ?? 'none';
      expect(headers.Authorization).toBe(`Bearer ${token}`);
      expect(demo.stderr).not.toContain(token);
      const administer = (path: string) => fetch(`${demo.url}${path}`, { headers });
      expect((await administer('/v1/tokens/admin/all')).status).toBe(403);
      expect((await administer('/v1/auth/email/admin/users')).status).toBe(403);
      await stop();
    },
  );
});

describe('npm start -- --import FILE', () => {
  it('npm start -- --import FILE registers what it can, says of each how it went, and does so again', async () => {
    const path = join(folder.path, 'mcp.json');
    const servers = {
      local: { command: process.execPath, args: [EVERYTHING, 'stdio'], env: { SOME_TOKEN: 'planted-s3cret' } },
      nowhere: { url: 'http://127.0.0.1:9/mcp', type: 'http' },
      odd: {},
    };
    writeFileSync(path, JSON.stringify({ mcpServers: servers }));
    for (const state of ['registered', 'updated']) {
      const importing = await start('--import', 'mcp.json');
      await importing.says(/Ctrl-C stops it/);
      expect(importing.stdout).toMatch(new RegExp(`  local +${state}: \\d+ tools`));
      expect(importing.stdout).toMatch(
        state === 'registered' ? / {2}nowhere +kept, disabled, to be tried again: / : / {2}nowhere +failed: /,
      );
      expect(importing.stdout).toMatch(/ {2}odd +left out: it has neither a command nor a url/);
      expect(importing.stdout + importing.stderr).not.toContain('planted-s3cret');
      await stop();
    }
  });
});

describe('switchyard token create', () => {
  const create = async (...args: string[]): Promise<GatewayProcess> => {
    const command = await GatewayProcess.start({ cwd: folder.path, args: ['token', 'create', ...args] });
    await command.ended;
    return command;
  };

  it('switchyard token create prints the token alone, which the running gateway takes', async () => {
    const running = await start();
    await running.ready();
    const { stdout, stderr } = await create('--user', 'admin@example.com', '--admin', '--expires', '1h');
    expect(stdout).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
    expect(stderr).toBe('');
    const answer = await fetch(`${running.url}/v1/gateways`, { headers: { authorization: `Bearer ${stdout.trim()}` } });
    expect(answer.status).toBe(200);
    await stop();
  });

  it('switchyard token create works while no gateway runs, and leaves nothing running', async () => {
    const { stdout } = await create('--user', 'admin@example.com', '--admin');
    expect(stdout).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
    expect(processesAt(folder.path)).toEqual([]);
  });

  it('switchyard token create says what is wrong in one line', async () => {
    const { stdout, stderr } = await create('--user', 'nobody');
    expect([stdout, stderr]).toEqual(['', 'switchyard: --user must be an e-mail address, not "nobody"\n']);
  });
});
