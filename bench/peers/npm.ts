import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '#libs/testing';
import { runToEnd } from '../../parties/run-to-end.js';
import { type Peer, answersAt, startProgram } from './peer.js';

const INSTALL_MS = 300_000;
/** They stand before programs, not before URLs. */
const UPSTREAM = fileURLToPath(new URL('./stdio-upstream.main.js', import.meta.url));

const npmPeer = (
  name: string,
  version: string,
  eras: Peer['eras'],
  argsOf: (port: string) => readonly string[],
): Peer => ({
  name: `npm ${name}`,
  source: `${name}@${version}`,
  eras,
  lacks: () => null,
  install: async (folder) => {
    fs.writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ name: 'peer', private: true }));
    const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--save-exact', `${name}@${version}`];
    await runToEnd('npm', args, { cwd: folder, timeoutMs: INSTALL_MS });
  },
  start: async (folder) => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}/mcp`;
    const { bin } = JSON.parse(fs.readFileSync(path.join(folder, 'node_modules', name, 'package.json'), 'utf8')) as {
      bin: string | Record<string, string>;
    };
    const script = typeof bin === 'string' ? bin : (bin[name] as string);
    const args = [path.join(folder, 'node_modules', name, script), ...argsOf(String(port))];
    const server = await startProgram({ command: process.execPath, args, cwd: folder, probe: answersAt(url) });
    return { urls: [url], token: null, pids: [server.pid], toolPrefix: '', stop: () => server.kill() };
  },
});

export const npmMcpProxy = npmPeer('mcp-proxy', '6.7.19', ['legacy', 'modern'], (port) => [
  '--host',
  '127.0.0.1',
  '--port',
  port,
  '--server',
  'stream',
  '--no-eventStore',
  '--',
  process.execPath,
  UPSTREAM,
]);

export const supergateway = npmPeer('supergateway', '4.0.0', ['legacy'], (port) => [
  '--stdio',
  `${process.execPath} ${UPSTREAM}`,
  '--outputTransport',
  'streamableHttp',
  '--stateful',
  '--port',
  port,
  '--logLevel',
  'none',
]);
