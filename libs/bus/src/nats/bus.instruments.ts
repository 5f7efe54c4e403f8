import { type DurationSeries, durationHistogram, snapshotGauge } from '#libs/telemetry';

/** In seconds. */
const BOUNDARIES = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

const durations = durationHistogram(
  'bus_request_duration_seconds',
  'Time from a request over NATS to its answer, by subject and by what it failed of.',
  BOUNDARIES,
);

/** Of requests that were answered, by subject: those of the contracts, which are few. */
const answered = new Map<string, DurationSeries>();

/** `errorType`: the code of the failure; '' where there is none. */
export const requestAnswered = (subject: string, seconds: number, errorType: string): void => {
  if (errorType !== '') return durations.of({ subject, error_type: errorType }).record(seconds);
  let series = answered.get(subject);
  if (series === undefined) answered.set(subject, (series = durations.of({ subject })));
  series.record(seconds);
};

/** Shows how much is under way on a bus until what it returns is called. */
export const watchBus = (asked: () => number, inHand: () => number): (() => void) => {
  const gauges = [
    snapshotGauge('bus_requests_waiting', 'Requests over NATS whose answers are awaited here.', () => [
      { labels: {}, value: asked() },
    ]),
    snapshotGauge('bus_requests_in_hand', 'Requests over NATS that are being answered here.', () => [
      { labels: {}, value: inHand() },
    ]),
  ];
  return () => {
    for (const end of gauges) end();
  };
};
