import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('common-stream-server.ts', import.meta.url));

/** As it is registered. */
export type CommonStreamUpstream = (
  | { readonly transport: 'STDIO'; readonly command: string; readonly args: readonly string[] }
  | { readonly transport: 'STREAMABLEHTTP' | 'SSE'; readonly url: string }
) & { readonly stop: () => Promise<void> };

/**
 * A server of the npm SDK v1 that asks without saying for which call. Tools: `ask` (`canary`, `kind`, `afterMs`), which
 * answers with the canary and with what its client said; `wait`, and `count`, how often its session was called. Its GET
 * streams are open only after `streamAfterMs`.
 */
export const startCommonStreamUpstream = async (
  transport: 'STDIO' | 'STREAMABLEHTTP' | 'SSE',
  streamAfterMs = 0,
): Promise<CommonStreamUpstream> => {
  if (transport === 'STDIO')
    return { transport, command: process.execPath, args: [SCRIPT], stop: () => Promise.resolve() };
  const child = spawn(process.execPath, [SCRIPT, transport.toLowerCase(), String(streamAfterMs)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [port] = (await once(child.stdout, 'data')) as [Buffer];
  const url = `http://127.0.0.1:${port.toString().trim()}/${transport === 'SSE' ? 'sse' : 'mcp'}`;
  return {
    transport,
    url,
    stop: async () => {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
};
