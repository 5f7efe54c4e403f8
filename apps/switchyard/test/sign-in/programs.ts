import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { freePort } from '#libs/testing';
import { type Party, textOf } from '../parties/party.js';
import { connected } from '../parties/sdk-v1-http.js';

const require = createRequire(import.meta.url);
const beside = (manifest: string, file: string): string => path.join(path.dirname(require.resolve(manifest)), file);

export const MCP_REMOTE = beside('mcp-remote/package.json', 'dist/proxy.js');
export const INSPECTOR = beside('@modelcontextprotocol/inspector/package.json', 'clients/launcher/build/index.js');

/** A program that knows nothing but a URL. `home`: a folder of its own. `open` is given the address that it wants a browser at. */
export interface Stranger {
  readonly url: string;
  readonly home: string;
  readonly open: (address: string) => Promise<unknown>;
}

/** Without a browser: who signs in is told the address on stderr, and takes it from there. */
export const environment = (home: string): Record<string, string> => {
  const bin = path.join(home, 'bin');
  mkdirSync(bin, { recursive: true });
  writeFileSync(path.join(bin, 'xdg-open'), '#!/bin/sh\n');
  chmodSync(path.join(bin, 'xdg-open'), 0o755);
  const { PATH = '', NODE_COMPILE_CACHE = '' } = process.env;
  return { PATH: `${bin}:${PATH}`, NODE_COMPILE_CACHE, HOME: home };
};

/** Resolves once the address that stands in what a program prints was opened. */
const opened = async (printed: Readable, open: Stranger['open']): Promise<void> => {
  let seen = '';
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  printed.on('data', (chunk: Buffer) => {
    seen += String(chunk);
    const address = /https?:\/\/\S+[?&]code_challenge=\S+(?=\s)/.exec(seen)?.[0];
    if (address !== undefined) resolve(address);
  });
  printed.on('end', () => reject(new Error(`no address to sign in at: ${seen.slice(-2_000)}`)));
  await open(await promise);
};

/** As an application starts it that has stdio alone. */
export const mcpRemoteSigningIn = async ({ url, home, open }: Stranger): Promise<Party> => {
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [MCP_REMOTE, url, '--allow-http', '--transport', 'http-only'],
    env: { ...environment(home), MCP_REMOTE_CONFIG_DIR: path.join(home, 'mcp-remote') },
    stderr: 'pipe',
  });
  const [party] = await Promise.all([connected(transport), opened(transport.stderr as Readable, open)]);
  return party;
};

/** The text of one call by the Inspector's command line, which signs in where it has not before. */
export const inspectorCall = async (
  { url, home, open }: Stranger,
  tool: string,
  isSignedIn = false,
): Promise<string> => {
  const callback = `http://127.0.0.1:${await freePort()}/oauth/callback`;
  const at = ['--cli', '--transport', 'http', '--server-url', url, '--callback-url', callback, '--format', 'json'];
  const program = spawn(process.execPath, [INSPECTOR, ...at, '--method', 'tools/call', '--tool-name', tool], {
    env: { ...environment(home), MCP_AUTO_OPEN_ENABLED: 'true', MCP_INSPECTOR_SECRET_STORE: 'file' },
  });
  const said = text(program.stdout);
  await Promise.all([once(program, 'exit'), isSignedIn ? program.stderr.resume() : opened(program.stderr, open)]);
  return textOf((JSON.parse(await said) as { result: unknown }).result);
};
