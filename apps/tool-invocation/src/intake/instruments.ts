import { meter } from '#libs/telemetry';
import type { CallService } from '../execution/call.service.js';
import type { UpstreamDirectory } from '../upstreams/upstream-directory.js';

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
};
