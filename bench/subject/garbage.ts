import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { runInThisContext } from 'node:vm';
import type { ChildServer } from '#libs/testing';

/** Lets a Node process open its inspector, when it is told to, on a port of its own choice. */
export const INSPECTABLE = { NODE_OPTIONS: '--inspect-port=127.0.0.1:0' };

const OPEN_WITHIN_MS = 5_000;
/** What one collection finalises, the next one frees. */
const TURNS = 3;

type Command = (method: string, params?: object) => Promise<unknown>;

const inspect = async <Result>(server: ChildServer, work: (command: Command) => Promise<Result>): Promise<Result> => {
  const socket = new WebSocket(await inspectorOf(server));
  await once(socket, 'open');
  let id = 0;
  try {
    return await work(async (method, params = {}) => {
      const answered = once(socket, 'message');
      socket.send(JSON.stringify({ id: ++id, method, params }));
      const [{ data }] = (await answered) as [{ data: string }];
      return (JSON.parse(data) as { result: unknown }).result;
    });
  } finally {
    socket.close();
  }
};

/** Has a process that was started with `INSPECTABLE` free what it does not use. */
export const collectFrom = (server: ChildServer): Promise<void> =>
  inspect(server, async (command) => {
    for (let turn = 0; turn < TURNS; turn++) await command('HeapProfiler.collectGarbage');
  });

/** The value, as JSON has it, of an expression in such a process. */
export const evaluateIn = (server: ChildServer, expression: string): Promise<unknown> =>
  inspect(server, async (command) => {
    const evaluated = await command('Runtime.evaluate', { expression, returnByValue: true });
    const { result, exceptionDetails } = evaluated as { result: { value: unknown }; exceptionDetails?: unknown };
    if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails));
    return result.value;
  });

const inspectorOf = async (server: ChildServer): Promise<string> => {
  const giveUpAt = Date.now() + OPEN_WITHIN_MS;
  for (let told = false; Date.now() < giveUpAt; await sleep(20)) {
    const url = /Debugger listening on (ws:\S+)/.exec(server.output)?.[1];
    if (url !== undefined) return url;
    if (!told) process.kill(server.pid, 'SIGUSR1');
    told = true;
  }
  throw new Error('the process does not open its inspector');
};

type Order = 'collect' | { readonly evaluate: string };

/** The same of a script of ours, which has to call `obeyWhenTold`. */
export const collectFromScript = (child: ChildProcess): Promise<void> => tell(child, 'collect').then(() => {});

/** The value, as JSON has it, of an expression in such a script. */
export const evaluateInScript = (child: ChildProcess, expression: string): Promise<unknown> =>
  tell(child, { evaluate: expression });

const tell = async (child: ChildProcess, order: Order): Promise<unknown> => {
  const done = once(child, 'message');
  child.send(order);
  const [{ value }] = (await done) as [{ value?: unknown }];
  return value;
};

export const EXPOSE_GC = ['--expose-gc'];

export const obeyWhenTold = (): void => {
  process.on('message', (order: Order) => {
    if (order !== 'collect') return process.send?.({ value: runInThisContext(order.evaluate) as unknown });
    for (let turn = 0; turn < TURNS; turn++) (globalThis as { gc?: () => void }).gc?.();
    return process.send?.({});
  });
};
