import http from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { agentOf03 } from './agent-0-3.js';
import { agentOf10 } from './agent-1-0.js';
import type { TurnTerms } from './script.js';

/** A request of JSON-RPC as the agent received it. */
export interface ReceivedA2aRequest {
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
}

export interface A2aDoubleOptions {
  readonly version: '1.0' | '0.3';
  readonly name?: string;
  /** Default: a free one. */
  readonly port?: number;
  /** Default: true. */
  readonly isStreaming?: boolean;
  /** Where its card is. Default: `/.well-known/agent-card.json`. */
  readonly cardPath?: string;
  /** It goes on with no task by a stream: whoever wants to know has to ask. */
  readonly refusesSubscribers?: boolean;
  /** The value of `Authorization` without which it answers 401. */
  readonly wants?: string;
}

export interface A2aDouble {
  readonly url: string;
  readonly received: ReceivedA2aRequest[];
  /** The ids of tasks that were cancelled. */
  readonly cancelled: string[];
  /** Ends a task as its owner would. */
  cancel(taskId: string): void;
  stop(): Promise<void>;
}

const SUBSCRIBING = ['SubscribeToTask', 'tasks/resubscribe'];
const ASKING = [...SUBSCRIBING, 'GetTask', 'tasks/get'];

/** An agent of the official SDK on loopback, that does what `perform` says. */
export const startA2aDouble = async (options: A2aDoubleOptions): Promise<A2aDouble> => {
  const { version, name = 'Baker', port = 0, isStreaming = true, cardPath = '/.well-known/agent-card.json' } = options;
  const received: ReceivedA2aRequest[] = [];
  const cancelled: string[] = [];
  const cancellations = new Map<string, () => void>();
  /** Responses that are being written, with how often something was. */
  const open = new Map<http.ServerResponse, number>();
  const onWritten = new Set<() => void>();
  const onAsked = new Set<() => void>();
  const turns: TurnTerms = {
    ofTask: (taskId) => ({
      cancelled: new Promise((resolve) => cancellations.set(taskId, resolve)),
      breakOff: async () => {
        const asked = new Promise<void>((resolve) => onAsked.add(resolve));
        // The task has been told of by then.
        while (![...open.values()].some((writes) => writes >= 2))
          await new Promise<void>((resolve) => onWritten.add(resolve));
        for (const response of open.keys()) response.socket?.destroySoon();
        await asked;
      },
    }),
    cancel: (taskId) => {
      cancelled.push(taskId);
      cancellations.get(taskId)?.();
    },
  };
  const app = express();
  const server = http.createServer(app);
  server.keepAliveTimeout = 120_000;
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const agent = version === '1.0' ? agentOf10 : agentOf03;
  const [card, rpc] = agent(`${url}/a2a`, { name, isStreaming }, turns);
  app.use((request, response, next) => {
    if (options.wants === undefined || request.headers.authorization === options.wants) next();
    else response.status(401).end();
  });
  app.use(express.json(), (request, response, next) => {
    const {
      method,
      params = {},
      id = null,
    } = (request.body ?? {}) as { method?: string; params?: object; id?: unknown };
    if (method === undefined) return next();
    received.push({ method, params: params as ReceivedA2aRequest['params'], headers: request.headers as never });
    open.set(response, 0);
    const write = response.write.bind(response) as (...args: unknown[]) => boolean;
    response.write = ((...args: unknown[]) => {
      open.set(response, (open.get(response) ?? 0) + 1);
      for (const resolve of onWritten) setImmediate(resolve);
      onWritten.clear();
      return write(...args);
    }) as typeof response.write;
    response.on('close', () => open.delete(response));
    if (options.refusesSubscribers && SUBSCRIBING.includes(method))
      response.json({ jsonrpc: '2.0', id, error: { code: -32_004, message: 'No streams here' } });
    else next();
    if (!ASKING.includes(method)) return;
    for (const resolve of onAsked) setImmediate(resolve);
    onAsked.clear();
  });
  app.use(cardPath, card as express.RequestHandler);
  app.use('/a2a', rpc as express.RequestHandler);
  return {
    url,
    received,
    cancelled,
    cancel: (taskId) => cancellations.get(taskId)?.(),
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
