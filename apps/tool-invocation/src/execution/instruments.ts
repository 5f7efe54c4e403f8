import { OperationDurations } from '#libs/telemetry';

/** Upstreams beyond some hundreds, with their methods and failures, are counted together. */
const SERIES_MAX = 2_000;

/** What upstreams take, by upstream. */
export const upstreamDurations = new OperationDurations(
  'mcp_client_operation_duration_seconds',
  'Time from the hand-over of a call to its upstream to the answer, by method, upstream and what it failed of.',
  'upstream',
  SERIES_MAX,
);
