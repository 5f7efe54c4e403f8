import { AsyncLocalStorage } from 'node:async_hooks';
import { randomFillSync } from 'node:crypto';

/** W3C trace context, https://www.w3.org/TR/trace-context/ . */
const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const NO_TRACE = '0'.repeat(32);
const NO_SPAN = '0'.repeat(16);

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
  const match = parent === undefined ? null : parse(parent);
  return match === null
    ? `00-${randomHex(16)}-${randomHex(8)}-01`
    : `00-${match.traceId}-${randomHex(8)}-${match.flags}`;
};

/** The trace id of a valid `traceparent`. */
export const traceIdOf = (traceparent: string | undefined): string | undefined =>
  traceparent === undefined ? undefined : (parse(traceparent)?.traceId ?? undefined);

const parse = (traceparent: string): { traceId: string; flags: string } | null => {
  const match = TRACEPARENT.exec(traceparent);
  if (match === null) return null;
  const [, version, traceId = '', spanId, flags = '', rest] = match;
  if (version === 'ff' || (version === '00' && rest !== undefined)) return null;
  if (traceId === NO_TRACE || spanId === NO_SPAN) return null;
  return { traceId, flags };
};

/** What ties the lines and messages of one REST request together. The MCP path hands its own along explicitly. */
export interface Trace {
  readonly correlationId: string;
  readonly traceparent: string;
  readonly traceId: string;
}

const traces = new AsyncLocalStorage<Trace>();

export const runInTrace = <Result>(trace: Trace, work: () => Result): Result => traces.run(trace, work);
export const currentTrace = (): Trace | undefined => traces.getStore();
