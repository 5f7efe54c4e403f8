import { meter, snapshotGauge } from '#libs/telemetry';

/** Sessions of clients before 2026-07-28, counted where they begin and end: all replicas serve any of them. */
export const sessionCounts = { opened: 0, ended: 0 };

const count = (name: string, description: string, read: () => number): void =>
  meter()
    .createObservableCounter(name, { description })
    .addCallback((result) => result.observe(read()));

count('mcp_sessions_opened_total', 'Sessions that clients have opened here.', () => sessionCounts.opened);
count(
  'mcp_sessions_ended_total',
  'Sessions that were ended here; not those that were let run out.',
  () => sessionCounts.ended,
);

/** What is open to clients in this process. */
export interface OpenStreams {
  /** GET streams of sessions. */
  readonly sessionStreams: number;
  /** Of HTTP with SSE, and of WebSocket. */
  readonly connections: number;
  /** All that are told of changes: both of these, and `subscriptions/listen`. */
  readonly feeds: number;
}

/** Shows how many streams are open until what it returns is called. */
export const watchStreams = (read: () => OpenStreams): (() => void) =>
  snapshotGauge('mcp_streams_open', 'Streams to clients that stay open, by what they are.', () => {
    const { sessionStreams, connections, feeds } = read();
    const subscriptions = Math.max(0, feeds - sessionStreams - connections);
    return [
      { labels: { kind: 'session' }, value: sessionStreams },
      { labels: { kind: 'connection' }, value: connections },
      { labels: { kind: 'subscription' }, value: subscriptions },
    ];
  });
