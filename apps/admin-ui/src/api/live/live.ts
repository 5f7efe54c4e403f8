import { useEffect, useSyncExternalStore } from 'react';
import { type View, answerOf, api } from '../client.ts';
import { type LiveBatch, type LiveStatus, LiveStream } from './live-stream.ts';

type Call = View<'CallView'>;

/** A call that took so long may have begun before the break that it ended in. */
const LONGEST_MS = 30_000;
const PAGE = 1_000;
const PAGES_MAX = 3;

export interface LiveListener {
  readonly calls?: (calls: readonly Call[], missed: number) => void;
  readonly state?: (topics: ReadonlySet<string>) => void;
  /** More happened than was told: what is shown is to be asked for anew. */
  readonly reset?: () => void;
}

const listeners = new Set<LiveListener>();
const watchers = new Set<() => void>();
let status: LiveStatus = { kind: 'off' };
let endSession = (): void => undefined;

const told = ({ calls, missed, topics }: LiveBatch<Call>): void => {
  for (const listener of listeners) {
    if (calls.length > 0 || missed > 0) listener.calls?.(calls, missed);
    if (topics.size > 0) listener.state?.(topics);
  }
};

const reset = (): void => {
  for (const listener of listeners) listener.reset?.();
};

/** What happened while the stream was broken or the page hidden; whoever keeps calls knows which it has already. */
const fillGap = async (sinceMs: number): Promise<void> => {
  const since = new Date(sinceMs - LONGEST_MS).toISOString();
  const calls: Call[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < PAGES_MAX; page++) {
    const query = { since, limit: PAGE, ...(cursor !== undefined && { cursor }) };
    const answer = await answerOf(api.GET('/v1/calls', { params: { query } }));
    calls.push(...answer.calls);
    if (answer.nextCursor === null) return told({ calls, missed: 0, topics: new Set() });
    cursor = answer.nextCursor;
  }
  reset();
};

const stream = new LiveStream<Call>(
  {
    open: async (signal) => {
      const query = { state: true };
      // openapi-fetch would read a text to its end.
      const body = await answerOf(api.GET('/v1/tap', { params: { query }, parseAs: 'stream', signal }));
      return body as unknown as ReadableStream<Uint8Array>;
    },
    isHidden: () => document.hidden,
  },
  {
    batch: told,
    status: (next) => {
      status = next;
      for (const watcher of watchers) watcher();
    },
    resumed: (sinceMs) => {
      told({ calls: [], missed: 0, topics: new Set(['gateways', 'catalog', 'programs']) });
      fillGap(sinceMs).catch(reset);
    },
    unknown: () => endSession(),
  },
);

addEventListener('visibilitychange', () => stream.look());
addEventListener('online', () => stream.retryNow());

/** Opens the one stream of this tab. `onUnknown`: the session has ended. */
export const openLive = (onUnknown: () => void): (() => void) => {
  endSession = onUnknown;
  stream.look(true);
  return () => stream.look(false);
};

export const listenLive = (listener: LiveListener): (() => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

export const retryLive = (): void => stream.retryNow();

/** Whether what is shown is told as it happens, so that nobody need ask. */
export const isLive = (): boolean => status.kind === 'live';

const watch = (watcher: () => void): (() => void) => {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
};

export const useLiveStatus = (): LiveStatus => useSyncExternalStore(watch, () => status);

/** Hears of what happens for as long as it is shown. `listener` stays the same while what it does stays so. */
export const useLive = (listener: LiveListener): void => {
  useEffect(() => listenLive(listener), [listener]);
};
