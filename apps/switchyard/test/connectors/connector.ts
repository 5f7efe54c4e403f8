import { WebSocket } from 'ws';
import { stayJoined } from '../../src/commands/connector/join.js';
import type { UpstreamTarget } from '../../src/commands/connector/upstream-target.js';

/** A connector in the process of the test. */
export interface RunningConnector {
  /** What it has told. */
  readonly lines: readonly string[];
  /** Rejects where the gateway does not want it. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

export const httpTarget = (url: string): UpstreamTarget => ({ kind: 'http', url: new URL(url), headers: {} });

/** Resolves when it has joined. */
export const startConnector = async (settings: {
  readonly url: string;
  readonly token: string;
  readonly targets: Readonly<Record<string, UpstreamTarget>>;
  readonly zone?: string;
}): Promise<RunningConnector> => {
  const { url, token, targets, zone = null } = settings;
  const stopping = new AbortController();
  const lines: string[] = [];
  const { promise: joined, resolve } = Promise.withResolvers<void>();
  const ended = stayJoined(
    {
      url,
      token,
      zone,
      env: { PATH: process.env['PATH'] },
      targets: new Map(Object.entries(targets)),
      log: (line) => void lines.push(line),
      onJoined: resolve,
    },
    stopping.signal,
  );
  ended.catch(() => {});
  await Promise.race([joined, ended]);
  return {
    lines,
    ended,
    stop: async () => {
      stopping.abort();
      await ended.catch(() => {});
    },
  };
};

/** What a WebSocket at the door of connectors comes to: it opens, or is answered otherwise. */
export const knock = (
  url: string,
  query: string,
  token: string | null,
): Promise<{ readonly status: number; readonly socket: WebSocket | null }> =>
  new Promise((resolve, reject) => {
    const headers = token === null ? {} : { authorization: `Bearer ${token}` };
    const socket = new WebSocket(`${url.replace('http', 'ws')}/connectors/join?${query}`, { headers });
    socket.once('open', () => resolve({ status: 101, socket }));
    socket.once('unexpected-response', (_request, response) => {
      resolve({ status: response.statusCode ?? 0, socket: null });
      response.resume();
    });
    socket.once('error', reject);
  });
