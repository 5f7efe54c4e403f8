import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ChildServer, canConnect, freePort } from '#libs/testing';

const require = createRequire(import.meta.url);
const scriptOf = (name: string): string => require.resolve(`@modelcontextprotocol/server-${name}/dist/index.js`);
const LOOPBACK = fileURLToPath(new URL('bind-loopback.mjs', import.meta.url));

export interface StdioServer {
  readonly name: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** The official reference servers, as they are put into an `mcp.json`. `folder` holds what they read and write. */
export const stdioServers = (folder: string): readonly StdioServer[] => [
  { name: 'everything', args: [scriptOf('everything'), 'stdio'], env: {} },
  { name: 'filesystem', args: [scriptOf('filesystem'), folder], env: {} },
  { name: 'memory', args: [scriptOf('memory')], env: { MEMORY_FILE_PATH: path.join(folder, 'memory.jsonl') } },
];

export interface EverythingServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** server-everything in a process of its own, over one of its HTTP transports. */
export const startEverything = async (transport: 'streamableHttp' | 'sse'): Promise<EverythingServer> => {
  const port = await freePort();
  const { PATH = '' } = process.env;
  const server = new ChildServer({
    command: process.execPath,
    args: ['--import', LOOPBACK, scriptOf('everything'), transport],
    env: { PATH, PORT: String(port) },
    probe: () => canConnect(port),
  });
  await server.start();
  const url = `http://127.0.0.1:${port}/${transport === 'sse' ? 'sse' : 'mcp'}`;
  return { url, stop: () => server.kill() };
};
