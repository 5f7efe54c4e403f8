import { fieldsOf, messagesIn, numberIn, textIn } from './protobuf.js';

/** A span as a collector gets it. */
export interface ReceivedSpan {
  readonly resource: Attributes;
  readonly traceId: string;
  readonly spanId: string;
  /** '' where the trace begins with it. */
  readonly parentSpanId: string;
  readonly traceState: string;
  readonly name: string;
  readonly kind: 'internal' | 'server' | 'client' | 'producer' | 'consumer' | 'unspecified';
  /** Nanoseconds since the epoch. */
  readonly startedAt: bigint;
  readonly endedAt: bigint;
  readonly attributes: Attributes;
  readonly isError: boolean;
}

/** What a span, a line or a point says besides. */
export type Attributes = Readonly<Record<string, string | number | boolean>>;

const KINDS = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'] as const;
const ERROR = 2;

/** The spans of an ExportTraceServiceRequest: https://github.com/open-telemetry/opentelemetry-proto */
export const spansIn = (request: Buffer): ReceivedSpan[] =>
  messagesIn(request, 1).flatMap((resourceSpans) => {
    const resource = attributesIn(messagesIn(resourceSpans, 1)[0] ?? Buffer.alloc(0), 1);
    return messagesIn(resourceSpans, 2)
      .flatMap((scopeSpans) => messagesIn(scopeSpans, 2))
      .map((span) => spanOf(span, resource));
  });

const spanOf = (span: Buffer, resource: Attributes): ReceivedSpan => {
  const fields = fieldsOf(span);
  const hex = (field: number): string => messagesIn(span, field)[0]?.toString('hex') ?? '';
  const time = (field: number): bigint => fields.get(field)?.[0] as bigint;
  return {
    resource,
    traceId: hex(1),
    spanId: hex(2),
    traceState: textIn(span, 3),
    parentSpanId: hex(4),
    name: textIn(span, 5),
    kind: KINDS[numberIn(span, 6)] ?? 'unspecified',
    startedAt: time(7),
    endedAt: time(8),
    attributes: attributesIn(span, 9),
    isError: messagesIn(span, 15).some((status) => numberIn(status, 3) === ERROR),
  };
};

/** The attributes that a field of a message holds. */
export const attributesIn = (message: Buffer, field: number): Attributes =>
  Object.fromEntries(messagesIn(message, field).map((pair) => [textIn(pair, 1), valueOf(messagesIn(pair, 2)[0])]));

/** AnyValue: a text, a boolean, an integer or a double. */
const valueOf = (value: Buffer = Buffer.alloc(0)): string | number | boolean => {
  const fields = fieldsOf(value);
  if (fields.has(2)) return numberIn(value, 2) === 1;
  if (fields.has(3)) return numberIn(value, 3);
  const double = fields.get(4)?.[0];
  if (typeof double !== 'bigint') return textIn(value, 1);
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(double);
  return bytes.readDoubleLE();
};
