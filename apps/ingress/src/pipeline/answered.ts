import { isTraced, traceIdOf } from '#libs/telemetry';
import type { CallTrace } from '../call/index.js';
import { requestEnded } from './instruments.js';
import { type Answered, serverSpanEnded } from './server-span.js';

/** Counts and times a request that has been answered, and gives out its span where that is exported. */
export const requestAnswered = (answered: Omit<Answered, 'trace'> & { readonly trace: CallTrace | null }): void => {
  const { wire, codec, trace, startedAtMs, errorType } = answered;
  const { method } = wire.request;
  // How long a stream stayed open is its client's own affair.
  if (codec.operations.get(method)?.does === 'listen' && errorType === '') return;
  const traced = trace !== null && isTraced(trace.traceparent, startedAtMs, errorType) ? trace : null;
  requestEnded(method, codec, startedAtMs, errorType, traceIdOf(traced?.traceparent));
  if (traced !== null) serverSpanEnded({ ...answered, trace: traced });
};
