import { SpanKind } from '@opentelemetry/api';
import { type EndedSpan, spanEnded } from '#libs/telemetry';

type Timing = Pick<EndedSpan, 'traceparent' | 'parent' | 'startedAtMs' | 'errorType'>;

/** https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/ */
const attributesOf = (subject: string, operation: 'send' | 'process') => ({
  'messaging.system': 'nats',
  'messaging.destination.name': subject,
  'messaging.operation.name': operation,
  'messaging.operation.type': operation,
});

/** From the request that was sent to its answer. */
export const askSpanEnded = (subject: string, timing: Timing): void =>
  spanEnded({ ...timing, name: `send ${subject}`, kind: SpanKind.PRODUCER, attributes: attributesOf(subject, 'send') });

/** From the request that came to its answer. */
export const answerSpanEnded = (subject: string, timing: Timing): void =>
  spanEnded({
    ...timing,
    name: `process ${subject}`,
    kind: SpanKind.CONSUMER,
    attributes: attributesOf(subject, 'process'),
  });
