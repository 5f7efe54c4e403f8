import {
  type Attributes,
  type HrTime,
  type SpanContext,
  SpanStatusCode,
  TraceFlags,
  createTraceState,
} from '@opentelemetry/api';
import type { Resource } from '@opentelemetry/resources';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { EndedSpan } from './spans.js';
import { type SpanIds, spanIdsOf } from './trace.js';

const ATTRIBUTE_CHARS_MAX = 256;
const UNSET = { code: SpanStatusCode.UNSET };
const ERROR = { code: SpanStatusCode.ERROR };
const NONE: never[] = [];

/** What every span of a process has in common. */
export interface SpanOrigin {
  readonly resource: Resource;
  readonly scope: ReadableSpan['instrumentationScope'];
}

/**
 * A span as the SDK's processors and exporters take it, `null` of one whose `traceparent` is none. Put together when it has ended, of what is
 * then known: a span of the SDK, which is begun, changed and ended, made an exported one cost nearly twice as much.
 */
export const writtenSpanOf = (ended: EndedSpan, { resource, scope }: SpanOrigin): ReadableSpan | null => {
  const ids = spanIdsOf(ended.traceparent);
  if (ids === null) return null;
  const parent = spanIdsOf(ended.parent);
  const { startedAtMs, errorType, tracestate } = ended;
  const endedAtMs = ended.endedAtMs ?? performance.now();
  // The clock of the day may have been set since the process began.
  const epochMs = Date.now() - performance.now();
  const context = contextOf(ids, tracestate, false);
  return {
    name: ended.name,
    kind: ended.kind,
    spanContext: () => context,
    ...(parent !== null && { parentSpanContext: contextOf(parent, tracestate, true) }),
    startTime: hrTimeAt(epochMs + startedAtMs),
    endTime: hrTimeAt(epochMs + endedAtMs),
    duration: hrTimeAt(Math.max(0, endedAtMs - startedAtMs)),
    ended: true,
    status: errorType === '' ? UNSET : ERROR,
    attributes: fit(errorType === '' ? ended.attributes : { ...ended.attributes, 'error.type': errorType }),
    links: NONE,
    events: NONE,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
    resource,
    instrumentationScope: scope,
  };
};

/** What is written goes out, whatever its trace says: that was decided before. */
const contextOf = ({ traceId, spanId }: SpanIds, tracestate: string | undefined, isRemote: boolean): SpanContext => ({
  traceId,
  spanId,
  traceFlags: TraceFlags.SAMPLED,
  isRemote,
  ...(tracestate !== undefined && { traceState: createTraceState(tracestate) }),
});

const hrTimeAt = (ms: number): HrTime => {
  const seconds = Math.floor(ms / 1_000);
  return [seconds, Math.floor((ms - seconds * 1_000) * 1e6)];
};

const fit = (attributes: Attributes): Attributes => {
  for (const name in attributes) if (isLong(attributes[name])) return cut(attributes);
  return attributes;
};

const isLong = (value: unknown): value is string => typeof value === 'string' && value.length > ATTRIBUTE_CHARS_MAX;

const cut = (attributes: Attributes): Attributes =>
  Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [
      name,
      isLong(value) ? value.slice(0, ATTRIBUTE_CHARS_MAX) : value,
    ]),
  );
