import { AsyncLocalStorage } from 'node:async_hooks';
import { randomFillSync } from 'node:crypto';

/** W3C trace context, https://www.w3.org/TR/trace-context/ . */
const TRACE_ID_AT = 3;
const SPAN_ID_AT = 36;
const FLAGS_AT = 53;
const LENGTH = 55;

const pool = Buffer.alloc(4_096);
let poolAt = pool.length;

/** Random hex; the pool spares a system call per id. */
const randomHex = (bytes: number): string => {
  if (poolAt + bytes > pool.length) {
    randomFillSync(pool);
    poolAt = 0;
  }
  poolAt += bytes;
  return pool.toString('hex', poolAt - bytes, poolAt);
};

/** The `traceparent` to send on: a new span in the parent's trace, or a new trace without a valid parent. */
export const childTraceparent = (parent?: string): string => {
  if (parent === undefined || !isValid(parent)) return `00-${randomHex(16)}-${randomHex(8)}-01`;
  return `00-${parent.slice(TRACE_ID_AT, SPAN_ID_AT)}${randomHex(8)}${parent.slice(FLAGS_AT - 1, LENGTH)}`;
};

/** Whether the spans of a trace go out, decided where it begins or comes in. */
export interface Sampling {
  begins(traceId: string): boolean;
  continues(traceId: string, isParentSampled: boolean): boolean;
}
let sampling: Sampling | null = null;

/** Who decides it from now on; `null`: nothing is decided, and what is said here is passed on. */
export const sampleBy = (decides: Sampling | null): void => {
  sampling = decides;
};

/** Like `childTraceparent`, for what comes from outside: here it is decided whether the trace is sampled. */
export const enterTraceparent = (parent?: string): string => {
  if (sampling === null) return childTraceparent(parent);
  if (parent === undefined || !isValid(parent)) {
    const begun = randomHex(16);
    return `00-${begun}-${randomHex(8)}-${sampling.begins(begun) ? '01' : '00'}`;
  }
  const traceId = parent.slice(TRACE_ID_AT, SPAN_ID_AT - 1);
  const wasSampled = isSampled(parent);
  const flags = parent.slice(FLAGS_AT, LENGTH);
  const isAsWas = sampling.continues(traceId, wasSampled) === wasSampled;
  return `00-${traceId}-${randomHex(8)}-${isAsWas ? flags : turned(flags)}`;
};

/** The flags with the other decision; what else they say stays. */
const turned = (flags: string): string => (Number.parseInt(flags, 16) ^ SAMPLED).toString(16).padStart(2, '0');

/** What a `traceparent` says. */
export interface SpanIds {
  readonly traceId: string;
  readonly spanId: string;
  readonly flags: number;
}

const SAMPLED = 1;

/** `null` of what is no valid `traceparent`. */
export const spanIdsOf = (traceparent: string | undefined): SpanIds | null => {
  if (traceparent === undefined || !isValid(traceparent)) return null;
  return {
    traceId: traceparent.slice(TRACE_ID_AT, SPAN_ID_AT - 1),
    spanId: traceparent.slice(SPAN_ID_AT, FLAGS_AT - 1),
    flags: Number.parseInt(traceparent.slice(FLAGS_AT, LENGTH), 16),
  };
};

/** Of a valid `traceparent`. Of `a` to `f` the lowest bit is the other one than of their codes. */
export const isSampled = (traceparent: string): boolean => {
  const code = traceparent.charCodeAt(LENGTH - 1);
  return ((code ^ (code >> 6)) & SAMPLED) !== 0;
};

/** The trace id of a valid `traceparent`. */
export const traceIdOf = (traceparent: string | undefined): string | undefined =>
  traceparent !== undefined && isValid(traceparent) ? traceparent.slice(TRACE_ID_AT, SPAN_ID_AT - 1) : undefined;

/**
 * Later versions may have more behind the flags; `ff` is no version. A loop, since it is looked at several times in a call
 * and expressions cost several times as much.
 */
const isValid = (text: string): boolean => {
  if (text.length < LENGTH) return false;
  let traceBits = 0;
  let spanBits = 0;
  for (let at = 0; at < LENGTH; at++) {
    const code = text.charCodeAt(at);
    if (at === TRACE_ID_AT - 1 || at === SPAN_ID_AT - 1 || at === FLAGS_AT - 1) {
      if (code !== DASH) return false;
      continue;
    }
    if (!isHex(code)) return false;
    if (at >= TRACE_ID_AT && at < SPAN_ID_AT) traceBits |= code - ZERO;
    else if (at >= SPAN_ID_AT && at < FLAGS_AT) spanBits |= code - ZERO;
  }
  if (traceBits === 0 || spanBits === 0 || text.startsWith('ff')) return false;
  return text.length === LENGTH || (text.charCodeAt(LENGTH) === DASH && !text.startsWith('00'));
};

const DASH = 45;
const ZERO = 48;

/** Of 0 to 9 and a to f; capitals are none here. */
const isHex = (code: number): boolean => (code >= ZERO && code <= 57) || (code >= 97 && code <= 102);

/** What ties the lines and messages of one REST request together. The MCP path hands its own along explicitly. */
export interface Trace {
  readonly correlationId: string;
  readonly traceparent: string;
  readonly traceId: string;
}

const traces = new AsyncLocalStorage<Trace>();

/** Runs `work`, and all that it awaits, within a trace. */
export const runInTrace = <Result>(trace: Trace, work: () => Result): Result => traces.run(trace, work);
/** The trace that this code runs in; `undefined` outside of one. */
export const currentTrace = (): Trace | undefined => traces.getStore();
