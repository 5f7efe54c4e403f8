import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ClientParty, Guests, ServerParty, ToolCall } from '../party.js';
import { runToEnd } from '../run-to-end.js';

const PROGRAMS = fileURLToPath(new URL('../../../parties/go/programs/', import.meta.url));
const BUILD_MS = 600_000;

const programIn = (folder: string, name: string): string => path.join(folder, 'bin', name);

const CALLS: readonly ToolCall[] = [
  { tool: 'add', args: { a: 2, b: 40 } },
  { tool: 'add', args: { b: 1 } },
];

const server = (name: string, source: string, program: string): ServerParty => ({
  name,
  source,
  calls: () => CALLS,
  launch: (folder, home) => ({ command: programIn(folder, program), args: [], env: { HOME: home } }),
});

const client = (name: string, source: string, program: string): ClientParty => ({
  name,
  source,
  launch: (folder, home, { url, token }, { tool, args }) => ({
    command: programIn(folder, program),
    args: [url, token, tool, JSON.stringify(args)],
    env: { HOME: home },
  }),
});

const GO_SDK = 'github.com/modelcontextprotocol/go-sdk@1.8.0';
const MCP_GO = 'github.com/mark3labs/mcp-go@1.2.1';

export const go: Guests = {
  language: 'go',
  servers: [server('go-sdk', GO_SDK, 'server-go-sdk'), server('mcp-go', MCP_GO, 'server-mcp-go')],
  clients: [client('Go SDK', GO_SDK, 'client-go-sdk'), client('mcp-go client', MCP_GO, 'client-mcp-go')],
  lacks: () => (spawnSync('go', ['version']).status === 0 ? null : 'go is needed'),
  install: async (folder) => {
    await runToEnd('go', ['build', '-o', `${path.join(folder, 'bin')}/`, './...'], {
      cwd: PROGRAMS,
      timeoutMs: BUILD_MS,
    });
  },
};
