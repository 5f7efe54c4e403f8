import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { freePort } from '#libs/testing';
import { textOf } from '../parties/party.js';
import { connected } from '../parties/sdk-v1-http.js';
import { INSPECTOR, MCP_REMOTE, environment } from '../sign-in/programs.js';
import type { SignIn, Signing } from './signing.js';

/** Each address at once that is printed for a person to open. */
const openPrinted = (printed: Readable, open: Signing['open']): void => {
  const opened = new Set<string>();
  let seen = '';
  printed.on('data', (chunk: Buffer) => {
    seen += String(chunk);
    for (const [address] of seen.matchAll(/https?:\/\/\S+[?&]code_challenge=\S+(?=\s)/g)) {
      if (opened.has(address)) continue;
      opened.add(address);
      // The program goes on waiting where nobody comes, and so does whoever called.
      open(address).catch((error: unknown) => printed.emit('error', error));
    }
  });
};

export const mcpRemote: SignIn = async ({ url, home, open }) => {
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [MCP_REMOTE, url, '--allow-http', '--transport', 'http-only'],
    env: { ...environment(home), MCP_REMOTE_CONFIG_DIR: home },
    stderr: 'pipe',
  });
  openPrinted(transport.stderr as Readable, open);
  const party = await connected(transport);
  return { call: (tool) => party.callTool(tool, {}), close: () => party.close() };
};

/** The Inspector's command line is a process for each request, with what the last ones kept. */
export const inspector: SignIn = async ({ url, home, open }) => {
  const running = new Set<ChildProcess>();
  const ask = async (...request: readonly string[]): Promise<unknown> => {
    const callback = `http://127.0.0.1:${await freePort()}/oauth/callback`;
    const at = ['--cli', '--transport', 'http', '--server-url', url, '--callback-url', callback, '--format', 'json'];
    const program = spawn(process.execPath, [INSPECTOR, ...at, ...request], {
      env: { ...environment(home), MCP_AUTO_OPEN_ENABLED: 'true', MCP_INSPECTOR_SECRET_STORE: 'file' },
    });
    running.add(program);
    openPrinted(program.stderr, open);
    const [said, complained] = await Promise.all([text(program.stdout), text(program.stderr), once(program, 'exit')]);
    running.delete(program);
    if (program.exitCode !== 0) throw new Error(`${said}${complained}`);
    return (JSON.parse(said) as { result: unknown }).result;
  };
  await ask('--method', 'resources/list');
  return {
    call: async (tool) => textOf(await ask('--method', 'tools/call', '--tool-name', tool)),
    close: async () => {
      for (const program of running) program.kill();
    },
  };
};
