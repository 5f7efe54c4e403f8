import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { DoubleError, type McpDouble, startMcpDouble } from './mcp-double.js';

/**
 * What happens after a call has been executed and written down: `none` answers; the others lose or spoil the answer,
 * so that a gateway which repeats the call is found out.
 */
export type LedgerFailure = 'none' | 'rpc-error' | 'tool-error' | 'http-500' | 'close' | 'hang';

export interface LedgerUpstream extends McpDouble {
  /** The ids of the executed calls, in order, with repetitions. */
  readonly executions: readonly string[];
  /** When a call was executed first. */
  readonly executedAtMs: ReadonlyMap<string, number>;
  /** How long each call takes before it is executed. */
  latencyMs: number;
  failure: LedgerFailure;
}

const tool = {
  name: 'record',
  description: 'Writes an id down, once per execution',
  inputSchema: { type: 'object', properties: { id: { type: 'string' } }, required: ['id'] },
};

/** An upstream that remembers every execution; with `file`, so that it is known even when the upstream is killed. */
export const startLedgerUpstream = async (
  options: {
    readonly port?: number;
    readonly file?: string;
    readonly latencyMs?: number;
    readonly failure?: LedgerFailure;
  } = {},
): Promise<LedgerUpstream> => {
  const executions: string[] = [];
  const executedAtMs = new Map<string, number>();
  const mood = { latencyMs: options.latencyMs ?? 0, failure: options.failure ?? 'none' };

  const execute = (id: unknown): void => {
    if (typeof id !== 'string') throw new DoubleError(-32602, 'id is not a string');
    executions.push(id);
    if (!executedAtMs.has(id)) executedAtMs.set(id, Date.now());
    if (options.file !== undefined) fs.appendFileSync(options.file, `${id}\n`);
  };

  const double = await startMcpDouble({
    ...(options.port !== undefined && { port: options.port }),
    name: 'ledger-upstream',
    tools: [tool],
    intercept: ({ res, message }) => {
      const { failure } = mood;
      if (message.method !== 'tools/call' || !['http-500', 'close', 'hang'].includes(failure)) return false;
      void sleep(mood.latencyMs).then(() => {
        execute(message.params?.arguments?.['id']);
        if (failure === 'http-500') res.writeHead(500).end();
        if (failure === 'close') res.socket?.destroy();
      });
      return true;
    },
    call: async ({ arguments: { id } }) => {
      if (mood.latencyMs > 0) await sleep(mood.latencyMs);
      execute(id);
      if (mood.failure === 'rpc-error') throw new DoubleError(-32603, 'The ledger is in a bad mood');
      const isError = mood.failure === 'tool-error' ? ',"isError":true' : '';
      return `"content":[{"type":"text","text":${JSON.stringify(id)}}]${isError}`;
    },
  });

  return Object.defineProperties(mood as unknown as LedgerUpstream, {
    executions: { value: executions },
    executedAtMs: { value: executedAtMs },
    url: { value: double.url },
    port: { value: double.port },
    requests: { get: () => double.requests },
    stop: { value: double.stop },
  });
};
