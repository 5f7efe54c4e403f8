import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';
import { promisify } from 'node:util';
import { type Party, type Target, namesOf, textOf } from './party.js';

const run = promisify(execFile);
const manifest = createRequire(import.meta.url).resolve('@modelcontextprotocol/inspector/package.json');
const LAUNCHER = path.join(path.dirname(manifest), 'clients/launcher/build/index.js');
const TIMEOUT_MS = 120_000;

/** The Inspector's command line: a process of its own for every request. */
export const inspector =
  (era: 'legacy' | 'auto' | 'modern') =>
  async ({ url, token, home }: Target): Promise<Party> => {
    const ask = async (...request: readonly string[]): Promise<unknown> => {
      const at = ['--cli', '--transport', 'http', '--server-url', url, '--protocol-era', era];
      const args = [
        LAUNCHER,
        ...at,
        '--header',
        `Authorization: Bearer ${token}`,
        '-q',
        '--format',
        'json',
        ...request,
      ];
      const { PATH = '', NODE_COMPILE_CACHE = '' } = process.env;
      const env = { PATH, NODE_COMPILE_CACHE, HOME: home };
      const { stdout } = await run(process.execPath, args, { env, timeout: TIMEOUT_MS });
      return (JSON.parse(stdout) as { result: unknown }).result;
    };
    return {
      listTools: async () => namesOf((await ask('--method', 'tools/list')) as Parameters<typeof namesOf>[0]),
      callTool: async (name, args) => {
        const pairs = Object.entries(args).map(
          ([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
        );
        return textOf(await ask('--method', 'tools/call', '--tool-name', name, '--tool-arg', ...pairs));
      },
      close: async () => {},
    };
  };
