import { type QueryClient, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { type LiveListener, listenLive, openLive, retryLive, useLiveStatus } from '../api/live/live.ts';
import { CALLS_MAX, gatewaysQuery, meQuery, recentCallsQuery, serversQuery, toolsQuery } from '../api/queries.ts';

const HOUR_MS = 3_600_000;
/** Figures of an hour need no more. */
const FIGURES_MS = 1_000;
/** What changed is asked for at most so often. */
const STATE_MS = 1_000;
/** A stream that is there again at once is no news. */
const QUIET_MS = 3_000;

const QUERIES_OF: Readonly<Record<string, readonly (readonly string[])[]>> = {
  gateways: [gatewaysQuery.queryKey, ['catalog'], ['timeline']],
  programs: [['timeline']],
  catalog: [gatewaysQuery.queryKey, toolsQuery.queryKey, serversQuery.queryKey, ['changes'], ['catalog'], ['timeline']],
};

/** What pages have asked for is kept as it is now, by what the stream tells. */
const keeping = (client: QueryClient): LiveListener => {
  let fresh: Parameters<NonNullable<LiveListener['calls']>>[0][number][] = [];
  let hasMissed = false;
  const topics = new Set<string>();
  const keepCalls = once(FIGURES_MS, () => {
    const news = fresh;
    const isWhole = !hasMissed;
    fresh = [];
    hasMissed = false;
    if (!isWhole) return void client.invalidateQueries({ queryKey: recentCallsQuery.queryKey });
    const since = new Date(Date.now() - HOUR_MS).toISOString();
    client.setQueryData(recentCallsQuery.queryKey, (known) => {
      if (known === undefined) return undefined;
      const byId = new Map([...known.calls, ...news].map((call) => [call.id, call]));
      const calls = [...byId.values()].filter(({ startedAt }) => startedAt >= since);
      calls.sort((one, other) => (one.startedAt < other.startedAt ? 1 : -1));
      return { ...known, calls: calls.slice(0, CALLS_MAX) };
    });
  });
  const keepState = once(STATE_MS, () => {
    const keys = [...topics].flatMap((topic) => QUERIES_OF[topic] ?? []);
    topics.clear();
    for (const queryKey of keys) void client.invalidateQueries({ queryKey });
  });
  return {
    calls: (calls, missed) => {
      fresh.push(...calls);
      fresh.splice(0, fresh.length - CALLS_MAX);
      hasMissed ||= missed > 0;
      keepCalls();
    },
    state: (changed) => {
      for (const topic of changed) topics.add(topic);
      keepState();
    },
    reset: () => void client.invalidateQueries({ queryKey: recentCallsQuery.queryKey }),
  };
};

/** Done at once, and at most so often. */
const once = (everyMs: number, work: () => void): (() => void) => {
  let doneAtMs = -Infinity;
  let timer: ReturnType<typeof setTimeout> | undefined;
  return () => {
    timer ??= setTimeout(
      () => {
        timer = undefined;
        doneAtMs = performance.now();
        work();
      },
      Math.max(0, doneAtMs + everyMs - performance.now()),
    );
  };
};

/** The stream of this tab, for as long as somebody is logged in. */
export const Live = () => {
  const client = useQueryClient();
  useEffect(() => {
    const leave = listenLive(keeping(client));
    const close = openLive(() => void client.invalidateQueries({ queryKey: meQuery.queryKey }));
    return () => {
      close();
      leave();
    };
  }, [client]);
  return <Lost />;
};

/** That what is shown is no longer as it is now, since when, and when that is tried to be mended. */
const Lost = () => {
  const status = useLiveStatus();
  const client = useQueryClient();
  const lostSinceMs = status.kind === 'lost' ? (status.lastGoodAtMs ?? 0) : null;
  const nowMs = useSeconds(lostSinceMs !== null);
  useEffect(() => {
    // Pages ask by themselves as long as nobody tells them, and begin with what they have missed.
    if (status.kind === 'lost' || status.kind === 'refused') void client.invalidateQueries();
  }, [status.kind, client]);
  if (status.kind !== 'lost' || nowMs - (status.lastGoodAtMs ?? 0) < QUIET_MS) return null;
  const leftSeconds = Math.max(0, Math.ceil((status.retryAtMs - nowMs) / 1_000));
  return (
    <div className="lost row apart">
      <p role="status">
        {status.lastGoodAtMs === null
          ? 'The gateway tells of nothing that happens.'
          : `Nothing is heard from the gateway since ${new Date(status.lastGoodAtMs).toLocaleTimeString('en-GB')}.`}
      </p>
      <p className="row">
        <span className="num">{leftSeconds === 0 ? 'Trying again …' : `Trying again in ${leftSeconds} s`}</span>
        <button type="button" className="button" onClick={retryLive}>
          Try now
        </button>
      </p>
    </div>
  );
};

/** The time, each second where it is needed. */
const useSeconds = (isNeeded: boolean): number => {
  const [nowMs, setNowMs] = useState(Date.now);
  useEffect(() => {
    if (!isNeeded) return undefined;
    const timer = setInterval(() => setNowMs(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, [isNeeded]);
  return nowMs;
};
