import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Guests } from '../party.js';
import { runToEnd } from '../run-to-end.js';

const PROGRAMS = fileURLToPath(new URL('../../../parties/rust/programs/', import.meta.url));
const BUILD_MS = 1_500_000;
const RMCP = 'rmcp@3.11.0';

const programIn = (folder: string, name: string): string => path.join(folder, 'debug', name);

export const rust: Guests = {
  language: 'rust',
  servers: [
    {
      name: 'rmcp',
      source: RMCP,
      calls: () => [
        { tool: 'add', args: { a: 2, b: 40 } },
        { tool: 'add', args: { a: 'two', b: 1 } },
      ],
      launch: (folder, home) => ({ command: programIn(folder, 'server'), args: [], env: { HOME: home } }),
    },
  ],
  clients: [
    {
      name: 'Rust SDK',
      source: RMCP,
      launch: (folder, home, { url, token }, { tool, args }) => ({
        command: programIn(folder, 'client'),
        args: [url, token, tool, JSON.stringify(args)],
        env: { HOME: home },
      }),
    },
  ],
  lacks: () => (spawnSync('cargo', ['--version']).status === 0 ? null : 'cargo is needed'),
  install: async (folder) => {
    const args = ['build', '--locked', '--target-dir', folder];
    await runToEnd('cargo', args, { cwd: PROGRAMS, timeoutMs: BUILD_MS });
  },
};
