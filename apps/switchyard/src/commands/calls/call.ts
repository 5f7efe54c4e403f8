/** A call record, as `GET /calls` shows it. */
export interface CallRecord {
  readonly id: string;
  readonly startedAt: string;
  readonly user: string | null;
  readonly client: string | null;
  readonly clientVersion: string | null;
  readonly address: string | null;
  readonly endpoint: string;
  readonly method: string | null;
  readonly name: string | null;
  readonly upstreamId: string | null;
  readonly revision: string | null;
  readonly upstreamRevision: string | null;
  readonly outcome: string;
  readonly code: string | null;
  readonly rule: string | null;
  readonly why: string;
  readonly latencyMs: number;
  readonly waitedMs: number | null;
  readonly upstreamMs: number | null;
  readonly gatewayMs: number | null;
  readonly requestBytes: number;
  readonly responseBytes: number;
  readonly traceId: string | null;
}

export const milliseconds = (ms: number | null): string => (ms === null ? '–' : `${ms.toFixed(ms < 10 ? 1 : 0)} ms`);

/** What was asked for, as far as it got. */
export const askedOf = ({ method, name }: Pick<CallRecord, 'method' | 'name'>): string =>
  [method, name].filter((text) => text !== null).join(' ') || '–';

/** In whose time. */
export const timeOf = ({ latencyMs, gatewayMs, upstreamMs, waitedMs }: CallRecord): string => {
  const whole = milliseconds(latencyMs);
  if (gatewayMs === null || upstreamMs === null) return `${whole}, all of it in the gateway`;
  const waited = waitedMs !== null && waitedMs > 0 ? `, of which it waited ${milliseconds(waitedMs)} for a place` : '';
  return `${whole}: gateway ${milliseconds(gatewayMs)}, upstream ${milliseconds(upstreamMs)}${waited}`;
};
