import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { sourceArguments } from '../../source-process.js';
import { ODD_CONDUCT, type OddConduct } from './odd-conduct.js';

const PROGRAM = sourceArguments(new URL('odd-server.ts', import.meta.url));

export interface OddUpstream {
  readonly conduct: OddConduct;
  /** As it is registered. Its tool is `hello` behind this prefix. */
  readonly registration: {
    readonly name: string;
    readonly toolPrefix: string;
    readonly transport: 'STREAMABLEHTTP' | 'SSE' | 'STDIO';
    readonly url?: string;
    readonly command?: string;
    readonly args?: readonly string[];
  };
}

export interface OddUpstreams {
  readonly all: readonly OddUpstream[];
  stop(): Promise<void>;
}

/** Each of `ODD_CONDUCT` over each transport. */
export const startOddUpstreams = async (): Promise<OddUpstreams> => {
  const child = spawn(process.execPath, PROGRAM, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [port] = (await once(child.stdout, 'data')) as [Buffer];
  const origin = `http://127.0.0.1:${port.toString().trim()}`;
  const all = ODD_CONDUCT.flatMap((conduct, number): OddUpstream[] => {
    const named = (kind: string) => ({ name: `odd ${kind} ${number}`, toolPrefix: `${kind}-${number}-` });
    return [
      { conduct, registration: { ...named('http'), transport: 'STREAMABLEHTTP', url: `${origin}/${number}/mcp` } },
      { conduct, registration: { ...named('sse'), transport: 'SSE', url: `${origin}/${number}/sse` } },
      {
        conduct,
        registration: {
          ...named('stdio'),
          transport: 'STDIO',
          command: process.execPath,
          args: [...PROGRAM, String(number)],
        },
      },
    ];
  });
  return {
    all,
    stop: async () => {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
};
