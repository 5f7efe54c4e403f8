import { meter, snapshotGauge } from '#libs/telemetry';
import { upstreamDurations } from '../execution/instruments.js';
import type { CallService } from '../execution/call.service.js';
import type { UpstreamDirectory, UpstreamFigures } from '../upstreams/upstream-directory.js';

/** Upstreams that have series of their own; of those beyond, only the sums above are shown. */
const UPSTREAMS_MAX = 1_000;

/** The figures of this instance, read when somebody scrapes them. */
export const watchInvocation = (calls: CallService, directory: UpstreamDirectory): void => {
  const gauge = (name: string, description: string, read: () => number): void =>
    meter()
      .createObservableGauge(name, { description })
      .addCallback((result) => result.observe(read()));

  const sum = (of: 'conversations' | 'running' | 'waiting') => () =>
    directory.figures().reduce((total, figures) => total + figures[of], 0);
  gauge('upstream_sessions', 'Open conversations with upstreams.', sum('conversations'));
  gauge('upstream_calls_running', 'Calls that upstreams work on.', sum('running'));
  gauge('upstream_calls_waiting', 'Calls that wait for their turn at an upstream.', sum('waiting'));
  gauge('upstream_calls_parked', 'Calls held open for input from their client.', () => calls.parked.size);
  gauge('upstream_processes', 'Child processes of stdio upstreams.', () => directory.processes);
  gauge(
    'upstream_breakers_open',
    'Upstreams that are being left alone.',
    () => directory.figures().filter(({ breakerOpen }) => breakerOpen).length,
  );
  const ofEach = (name: string, description: string, read: (figures: UpstreamFigures) => number): void => {
    snapshotGauge(name, description, () =>
      directory
        .figures()
        .slice(0, UPSTREAMS_MAX)
        .map((figures) => ({ labels: { upstream: figures.upstreamId }, value: read(figures) })),
    );
  };
  ofEach('upstream_running', 'Calls that this upstream works on.', ({ running }) => running);
  ofEach('upstream_waiting', 'Calls that wait for their turn at this upstream.', ({ waiting }) => waiting);
  ofEach('upstream_conversations', 'Open conversations with this upstream.', ({ conversations }) => conversations);
  ofEach('upstream_breaker_open', '1 while this upstream is left alone.', ({ breakerOpen }) => (breakerOpen ? 1 : 0));
  snapshotGauge('upstream_address_ejected', '1 while this address of an upstream is left alone, by its place.', () =>
    directory
      .figures()
      .slice(0, UPSTREAMS_MAX)
      .flatMap(({ upstreamId, addresses = [] }) =>
        addresses.map(({ url, state }, place) => ({
          labels: { upstream: upstreamId, place: String(place), origin: new URL(url).origin },
          value: state === 'ejected' ? 1 : 0,
        })),
      ),
  );
  snapshotGauge('upstream_info', 'Always 1: the name of an upstream, to join by its id.', () => {
    const all = directory.figures();
    const ids = new Set(all.map(({ upstreamId }) => upstreamId));
    upstreamDurations.keep((upstream) => ids.has(upstream));
    return all
      .slice(0, UPSTREAMS_MAX)
      .map(({ upstreamId, name }) => ({ labels: { upstream: upstreamId, name }, value: 1 }));
  });
};
