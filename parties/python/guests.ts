import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ClientParty, Guests, ServerParty, ToolCall } from '../party.js';
import { runToEnd } from '../run-to-end.js';

const SCRIPTS = fileURLToPath(new URL('../../../parties/python/', import.meta.url));
const INSTALL_MS = 600_000;

/** Each has an environment of its own: some need version 1 of the SDK, others version 2. */
const binOf = (folder: string, source: string): string => path.join(folder, source.replaceAll(/[^\w.=-]/g, '_'), 'bin');

const module = (name: string, source: string, program: string, calls: readonly ToolCall[] = []): ServerParty => ({
  name,
  source,
  calls: () => calls,
  launch: (folder, home) => ({ command: path.join(binOf(folder, source), program), args: [], env: { HOME: home } }),
});

const script = (name: string, source: string, library: string, calls: readonly ToolCall[]): ServerParty => ({
  name,
  source,
  calls: () => calls,
  launch: (folder, home) => ({
    command: path.join(binOf(folder, source), 'python'),
    args: [path.join(SCRIPTS, 'server.py'), library],
    env: { HOME: home, PYTHONUNBUFFERED: '1' },
  }),
});

const CALLS: readonly ToolCall[] = [
  { tool: 'add', args: { a: 2, b: 40 } },
  { tool: 'add', args: { a: 'two', b: 1 } },
  { tool: 'person', args: { name: 'Ada' } },
];

const servers: readonly ServerParty[] = [
  script('mcp-python', 'mcp==2.3.0', 'mcp', CALLS),
  script('fastmcp-python', 'fastmcp==4.2.3', 'fastmcp', CALLS),
  module('time', 'mcp-server-time==2026.10.19', 'mcp-server-time', [
    {
      tool: 'convert_time',
      args: { source_timezone: 'UTC', time: '12:00', target_timezone: 'UTC' },
    },
  ]),
  module('fetch', 'mcp-server-fetch==2026.10.24', 'mcp-server-fetch'),
  module('git-python', 'mcp-server-git==2026.10.19', 'mcp-server-git'),
];

const client = (name: string, source: string, file: string): ClientParty => ({
  name,
  source,
  launch: (folder, home, { url, token }, { tool, args }) => ({
    command: path.join(binOf(folder, source), 'python'),
    args: [path.join(SCRIPTS, file), url, token, tool, JSON.stringify(args)],
    env: { HOME: home },
  }),
});

const clients: readonly ClientParty[] = [
  client('Python SDK', 'mcp==2.3.0', 'client_mcp.py'),
  client('FastMCP', 'fastmcp==4.2.3', 'client_fastmcp.py'),
];

const install = async (folder: string): Promise<void> => {
  for (const source of new Set([...servers, ...clients].map((party) => party.source))) {
    const bin = binOf(folder, source);
    const options = { cwd: folder, timeoutMs: INSTALL_MS };
    await runToEnd('python3', ['-m', 'venv', path.dirname(bin)], options);
    await runToEnd(path.join(bin, 'pip'), ['install', '--quiet', '--disable-pip-version-check', source], options);
  }
};

const lacks = (): string | null =>
  spawnSync('python3', ['-c', 'import venv, ensurepip']).status === 0 ? null : 'python3 with its venv module is needed';

export const python: Guests = { language: 'python', servers, clients, lacks, install };
