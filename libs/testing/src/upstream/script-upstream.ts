import { spawn } from 'node:child_process';
import { once } from 'node:events';
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
