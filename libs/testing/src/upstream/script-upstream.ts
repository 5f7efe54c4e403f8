import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { sourceArguments } from '../source-process.js';

/** As it is registered. */
export type ScriptUpstream = (
  | { readonly transport: 'STDIO'; readonly command: string; readonly args: readonly string[] }
  | { readonly transport: 'STREAMABLEHTTP' | 'SSE'; readonly url: string }
) & { readonly stop: () => Promise<void> };

/** A server that is a script: over stdio the gateway runs it, else it is run here and says its port in its first line. */
export const startScriptUpstream = async (
  script: URL,
  transport: ScriptUpstream['transport'],
  ...args: readonly string[]
): Promise<ScriptUpstream> => {
  const program = sourceArguments(script);
  if (transport === 'STDIO')
    return { transport, command: process.execPath, args: program, stop: () => Promise.resolve() };
  const child = spawn(process.execPath, [...program, transport.toLowerCase(), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [port] = (await Promise.race([
    once(child.stdout, 'data'),
    once(child, 'exit').then(([code, signal]) => {
      throw new Error(`${script.pathname} ended before it said its port, with ${signal ?? `code ${code}`}`);
    }),
  ])) as [Buffer];
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

/**
 * A server of the npm SDK v1 that asks without saying for which call. Tools: `ask` (`canary`, `kind`, `afterMs`), which
 * answers with the canary and with what its client said; `wait`, and `count`, how often its session was called. Its GET
 * streams are open only after `streamAfterMs`.
 */
export const startCommonStreamUpstream = (
  transport: ScriptUpstream['transport'],
  streamAfterMs = 0,
): Promise<ScriptUpstream> =>
  startScriptUpstream(new URL('common-stream-server.ts', import.meta.url), transport, String(streamAfterMs));

/**
 * A server of the npm SDK v1 that sends users to a URL. Its tool `enter` (`id`) answers -32042 until that was visited,
 * then how often it was run; `ask` (`id`) asks, and answers once the URL was visited, or was not accepted. A visit is
 * announced with the id as that of the elicitation, unless it is made with `?silent`; with `?broken` it does not help.
 */
export const startUrlUpstream = (transport: 'STDIO' | 'STREAMABLEHTTP'): Promise<ScriptUpstream> =>
  startScriptUpstream(new URL('url-server.ts', import.meta.url), transport);

const stdio = (script: URL) => ({
  transport: 'STDIO' as const,
  command: process.execPath,
  args: [fileURLToPath(script)],
});

/**
 * As it is registered: a server of the npm SDK v1. Its tools `add` and `drop` (`name`) change its tools, `touch` its
 * resource `changing://state`; `log` (`text`) logs behind its result. Each answers with its name and its process.
 */
export const CHANGING_SERVER = stdio(new URL('changing-server.ts', import.meta.url));

/**
 * As it is registered: a server of 2026-07-28 that says without a subscription what has changed. Its tool `add` (`name`)
 * adds a tool, `touch` changes its resource `hinting://state`, both with `foreign` under a subscription that is none;
 * `burst` says 500 times that its tools have changed, `reads` how often they were listed; `log` (`text`) logs behind its result.
 */
export const HINTING_SERVER = stdio(new URL('hinting-server.ts', import.meta.url));
