import type { BatchObservableResult } from '@opentelemetry/api';
import { meter } from '#libs/telemetry';

const inFlight = meter().createObservableGauge('http_requests_in_flight', {
  description: 'Requests that have a place: they are there as a whole and not yet answered.',
});
const inFlightMax = meter().createObservableGauge('http_requests_in_flight_max', {
  description: 'The places that there are (BACKPRESSURE); beyond them requests get 503.',
});

/** What is watched of the places of a server. */
interface PlaceFigures {
  readonly inUse: number;
  readonly max: number;
}

const servers = new Set<PlaceFigures>();

meter().addBatchObservableCallback(
  (result: BatchObservableResult) => {
    for (const { inUse, max } of servers) {
      result.observe(inFlight, inUse);
      result.observe(inFlightMax, max);
    }
  },
  [inFlight, inFlightMax],
);

/** Shows these places in the metrics of the process until what it returns is called. */
export const watchPlaces = (places: PlaceFigures): (() => void) => {
  servers.add(places);
  return () => servers.delete(places);
};
