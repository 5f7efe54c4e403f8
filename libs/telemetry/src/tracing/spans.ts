import type { Attributes, SpanKind } from '@opentelemetry/api';
import { childTraceparent, isSampled } from './trace.js';

/** A piece of work that has ended; times by `performance.now()`. */
export interface EndedSpan {
  readonly name: string;
  readonly kind: SpanKind;
  /** Its own, which what was done for its sake named as the parent. */
  readonly traceparent: string;
  /** Of what it was done for; undefined where the trace begins with it. */
  readonly parent: string | undefined;
  readonly tracestate?: string | undefined;
  readonly startedAtMs: number;
  readonly endedAtMs?: number;
  /** What it failed of; '' where it did not. */
  readonly errorType: string;
  /** No secrets, no arguments, no results. */
  readonly attributes: Attributes;
}

/** Where spans go while they are exported. */
export interface SpanSink {
  /** Whether a span of a trace that is not sampled goes out all the same. */
  keeps(tookMs: number, errorType: string): boolean;
  write(span: EndedSpan): void;
}

let sink: SpanSink | null = null;

/** Where spans go from now on; `null`: nowhere. */
export const exportSpansTo = (to: SpanSink | null): void => {
  sink = to;
};

/** Whether spans are exported at all. */
export const isTracing = (): boolean => sink !== null;

/**
 * Whether a span that ends now goes out. Asked before anything is put together for it, so that a call of which nothing goes
 * out costs this question alone.
 */
export const isTraced = (traceparent: string, startedAtMs: number, errorType: string): boolean =>
  sink !== null && (isSampled(traceparent) || sink.keeps(performance.now() - startedAtMs, errorType));

/**
 * The `traceparent` of a step on the way of a call, such as a message of the bus: of its own where the trace is sampled, else the
 * parent's. So a call of which nothing goes out pays for no ids, and what the tail rule keeps hangs together without the step.
 */
export const stepTraceparent = (parent: string): string =>
  sink !== null && isSampled(parent) ? childTraceparent(parent) : parent;

/** Hands out a span that `isTraced` has let through. */
export const spanEnded = (span: EndedSpan): void => sink?.write(span);
