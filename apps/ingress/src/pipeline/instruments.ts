import { isModern, type ServerCodec } from '#libs/mcp';
import { OperationDurations } from '#libs/telemetry';

/** More than there are methods, eras and codes of failures that come about. */
const SERIES_MAX = 1_000;
const OTHER_METHOD = 'other';

const durations = new OperationDurations(
  'mcp_server_operation_duration_seconds',
  'Time from a request of MCP that was read to its answer, by method, by the era of its client and by what it failed of.',
  'era',
  SERIES_MAX,
);

/**
 * Counts and times a request. `errorType`: the code of the failure; '' where there is none. `traceId`: of a trace that is
 * exported.
 */
export const requestEnded = (
  method: string,
  codec: ServerCodec,
  startedAtMs: number,
  errorType: string,
  traceId: string | undefined,
): void =>
  durations.record(
    (performance.now() - startedAtMs) / 1_000,
    codec.operations.has(method) ? method : OTHER_METHOD,
    isModern(codec.revision) ? 'modern' : 'legacy',
    errorType,
    traceId,
  );
