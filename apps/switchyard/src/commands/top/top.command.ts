import { setTimeout as pause } from 'node:timers/promises';
import type { Command } from 'commander';
import { watchCalls } from '../../gateway/call-stream.js';
import { type Asked, asksGateway, reach } from '../../gateway/reach.js';
import type { Rest } from '../../gateway/rest.js';
import { UsageError } from '../../terminal/failure.js';
import { say } from '../../terminal/output.js';
import { tableOf } from '../../terminal/table.js';
import { milliseconds } from '../calls/call.js';
import { newCommand } from '../new-command.js';
import { reasonOf, stateOf, type Upstream, upstreamsOf } from '../servers/upstream.js';
import { CallWindow, type Rates, type SeenCall } from './rates.js';

interface TopOptions extends Asked {
  readonly once?: true;
  readonly interval: string;
}

/** `top`: what goes on, drawn again and again. */
export const topCommand = (): Command =>
  asksGateway(newCommand('top'))
    .summary('servers, rates and times, as they are now')
    .description(
      'Shows calls per second, what failed and what was refused, times, and what is in flight, of all and of each server, of the last ten ' +
        'seconds. q ends it. Needs admin.metrics for the calls of others.',
    )
    .option('--interval <seconds>', 'between two pictures', '2')
    .option('--once', 'draw one, after an interval')
    .action(async ({ once, interval, ...asked }: TopOptions) => {
      const seconds = Number(interval);
      if (!(seconds >= 0.2 && seconds <= 60)) throw new UsageError('--interval needs seconds from 0.2 to 60');
      await watch(await reach(asked), seconds * 1_000, once === true || !process.stdout.isTTY);
    });

interface Pool {
  readonly callsInFlight: number;
  readonly callsParked: number;
  readonly upstreams: readonly {
    readonly upstreamId: string;
    readonly running: number;
    readonly waiting: number;
    readonly breakerOpen: boolean;
  }[];
}

const watch = async (rest: Rest, intervalMs: number, isOnce: boolean): Promise<void> => {
  const calls = new CallWindow(performance.now());
  const stopping = new AbortController();
  const { signal } = stopping;
  const ended = watchCalls(rest, {}, { signal, onEvent: (event, data) => take(calls, event, data) }).catch(
    (error: unknown) => {
      if (!signal.aborted) throw error;
    },
  );
  const leave = onKeys(() => stopping.abort());
  try {
    for (;;) {
      await Promise.race([pause(intervalMs, undefined, { signal }).catch(() => {}), ended]);
      if (signal.aborted) break;
      const picture = await draw(rest, calls);
      say(isOnce ? picture : `\u001b[H\u001b[2J${picture}`);
      if (isOnce) break;
    }
  } finally {
    leave();
    stopping.abort();
    await ended;
  }
};

const take = (calls: CallWindow, event: string, data: string): void => {
  const atMs = performance.now();
  if (event === 'call') calls.add({ ...(JSON.parse(data) as Omit<SeenCall, 'atMs'>), atMs });
  else if (event === 'missed') calls.miss((JSON.parse(data) as { readonly count: number }).count, atMs);
};

const draw = async (rest: Rest, calls: CallWindow): Promise<string> => {
  const [upstreams, pool] = await Promise.all([
    upstreamsOf(rest),
    rest.get<Pool>('/v1/admin/mcp-pool/metrics').catch(() => null),
  ]);
  const nowMs = performance.now();
  const all = calls.rates(nowMs);
  const flight = pool === null ? '' : `, ${pool.callsInFlight} in flight, ${pool.callsParked} parked`;
  const rows = upstreams.map((upstream) => ({
    upstream,
    rates: calls.rates(nowMs, upstream.id),
    open: pool?.upstreams.find(({ upstreamId }) => upstreamId === upstream.id),
  }));
  return [
    `${rest.url}  ${new Date().toISOString().slice(11, 19)}`,
    `${ratesText(all)}${flight}`,
    '',
    tableOf(rows, [
      ['server', ({ upstream }) => upstream.name],
      ['state', ({ upstream, open }) => (open?.breakerOpen === true ? 'breaker open' : stateOf(upstream))],
      ['calls/s', ({ rates }) => rates.perSecond.toFixed(1)],
      ['failed/s', ({ rates }) => rates.failedPerSecond.toFixed(1)],
      ['p50', ({ rates }) => milliseconds(rates.p50Ms)],
      ['p95', ({ rates }) => milliseconds(rates.p95Ms)],
      ['running', ({ open }) => String(open?.running ?? 0)],
      ['waiting', ({ open }) => String(open?.waiting ?? 0)],
      ['reason', ({ upstream }: { upstream: Upstream }) => reasonOf(upstream)],
    ]),
  ].join('\n');
};

const ratesText = ({ perSecond, failedPerSecond, refusedPerSecond, p50Ms, p95Ms }: Rates): string =>
  [
    `${perSecond.toFixed(1)} calls/s`,
    `${failedPerSecond.toFixed(1)} failed/s`,
    `${refusedPerSecond.toFixed(1)} refused/s`,
    `p50 ${milliseconds(p50Ms)}`,
    `p95 ${milliseconds(p95Ms)}`,
  ].join(', ');

const CTRL_C = '\u0003';

/** Ends on q, as such pictures do. Answers what puts the terminal back. */
const onKeys = (end: () => void): (() => void) => {
  const { stdin } = process;
  if (!stdin.isTTY) return () => {};
  const read = (keys: Buffer): void => {
    const text = keys.toString();
    if (text.includes('q') || text.includes(CTRL_C)) end();
  };
  stdin.setRawMode(true).on('data', read);
  return () => {
    stdin.off('data', read).setRawMode(false).pause();
  };
};
