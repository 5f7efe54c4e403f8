import { type Attributes, SpanKind } from '@opentelemetry/api';
import { isTraced, isTracing, spanEnded } from './spans.js';
import { childTraceparent, currentTrace, enterTraceparent, isSampled, runInTrace, traceIdOf } from './trace.js';

/** How work shows as a span. */
export interface WorkSpan {
  readonly name: string;
  readonly attributes: Attributes;
}

/**
 * What is asked of a store shows as a span of the trace that it is asked in, if there is one and spans are exported.
 * `describe` is called only for what goes out.
 */
export const tracedAsk = <Result>(work: () => Promise<Result>, describe: () => WorkSpan): Promise<Result> => {
  const parent = isTracing() ? currentTrace()?.traceparent : undefined;
  if (parent === undefined) return work();
  return follow(childTraceparent(parent), parent, SpanKind.CLIENT, work, describe);
};

/**
 * Runs `work` within a trace that is sampled, so that what it asks of stores and others belongs to it. For the others it
 * would cost each call a context and give hardly anybody anything.
 */
export const tracedWithin = <Result>(traceparent: string | undefined, work: () => Result): Result => {
  if (traceparent === undefined || !isTracing() || !isSampled(traceparent)) return work();
  const traceId = traceIdOf(traceparent) ?? '';
  return runInTrace({ correlationId: traceId, traceparent, traceId }, work);
};

/** What nobody waits for, a job of a queue for instance, begins a trace of its own while spans are exported. */
export const tracedJob = <Result>(work: () => Promise<Result>, describe: () => WorkSpan): Promise<Result> => {
  if (!isTracing()) return work();
  const traceparent = enterTraceparent();
  return tracedWithin(traceparent, () => follow(traceparent, undefined, SpanKind.CONSUMER, work, describe));
};

const follow = async <Result>(
  traceparent: string,
  parent: string | undefined,
  kind: SpanKind,
  work: () => Promise<Result>,
  describe: () => WorkSpan,
): Promise<Result> => {
  const startedAtMs = performance.now();
  const ended = (errorType: string): void => {
    if (isTraced(traceparent, startedAtMs, errorType))
      spanEnded({ ...describe(), kind, traceparent, parent, startedAtMs, errorType });
  };
  try {
    const result = await work();
    ended('');
    return result;
  } catch (error) {
    ended(typeOf(error));
    throw error;
  }
};

/** The code of an error of a store or of the system, else what kind it is; never its message. */
const typeOf = (error: unknown): string => {
  if (!(error instanceof Error)) return 'error';
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : error.name;
};
