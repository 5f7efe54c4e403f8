import { type HeaderBag, type RequestMeta, singleHeaderValue } from '#libs/mcp';
import { enterTraceparent, givenCorrelationId, passedContextOf, traceIdOf } from '#libs/telemetry';
import type { CallTrace } from './calls.js';

const NO_HEADERS: HeaderBag = {};

/** The place of a request in the trace of its client, or in one that begins here. `_meta` goes before headers. */
export const enterTrace = (meta: RequestMeta | null, headers: HeaderBag | null): CallTrace => {
  const bag = headers ?? NO_HEADERS;
  const inMeta = meta?.traceparent;
  const parent = inMeta ?? singleHeaderValue(bag, 'traceparent');
  // A `tracestate` belongs to the `traceparent` that it came with.
  const state = inMeta === undefined ? singleHeaderValue(bag, 'tracestate') : meta?.tracestate;
  const passed = passedContextOf(state, meta?.baggage ?? singleHeaderValue(bag, 'baggage'));
  const traceparent = enterTraceparent(parent);
  const given = givenCorrelationId(bag['x-correlation-id']);
  return {
    traceparent,
    parent,
    passed,
    correlationId: given ?? traceIdOf(traceparent) ?? '',
    isCorrelationGiven: given !== undefined,
  };
};
