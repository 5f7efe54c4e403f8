import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { freePort } from '#libs/testing';
import { runToEnd } from '../../parties/run-to-end.js';
import { type Peer, answersAt, startProgram } from './peer.js';

const VERSION = '0.6.0';
const BUILD_MS = 3_600_000;
const NAMESPACE = 'fast';
const SEPARATOR = '_';

/** The crate `mcp-proxy`, built as `cargo install` builds it; its default features know the era with sessions alone. */
export const crate: Peer = {
  name: 'crate mcp-proxy',
  source: `mcp-proxy ${VERSION} (crates.io)`,
  eras: ['legacy'],
  lacks: () => (spawnSync('cargo', ['--version']).status === 0 ? null : 'cargo is needed'),
  install: async (folder) => {
    const args = ['install', 'mcp-proxy', '--version', VERSION, '--locked', '--root', folder];
    await runToEnd('cargo', args, { cwd: folder, timeoutMs: BUILD_MS });
  },
  start: async (folder, upstreamUrl) => {
    const port = await freePort();
    const config = path.join(folder, 'proxy.toml');
    fs.writeFileSync(
      config,
      `[proxy]
name = "bench"
separator = "${SEPARATOR}"

[proxy.listen]
host = "127.0.0.1"
port = ${port}

[[backends]]
name = "${NAMESPACE}"
transport = "http"
url = "${upstreamUrl}"
`,
    );
    const url = `http://127.0.0.1:${port}/`;
    const command = path.join(folder, 'bin', 'mcp-proxy');
    const env = { RUST_LOG: 'error' };
    const server = await startProgram({ command, args: ['--config', config], cwd: folder, env, probe: answersAt(url) });
    const toolPrefix = `${NAMESPACE}${SEPARATOR}`;
    return { urls: [url], token: null, pids: [server.pid], toolPrefix, stop: () => server.kill() };
  },
};
