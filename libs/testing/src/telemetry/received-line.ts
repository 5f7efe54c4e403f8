import { messagesIn, numberIn, textIn } from './protobuf.js';
import { type Attributes, attributesIn } from './received-span.js';

/** A line of the log as a collector gets it. */
export interface ReceivedLine {
  readonly resource: Attributes;
  readonly severity: string;
  readonly severityNumber: number;
  readonly body: string;
  /** '' where it is of no trace. */
  readonly traceId: string;
  readonly attributes: Attributes;
}

/** The lines of an ExportLogsServiceRequest: https://github.com/open-telemetry/opentelemetry-proto */
export const linesIn = (request: Buffer): ReceivedLine[] =>
  messagesIn(request, 1).flatMap((resourceLogs) => {
    const resource = attributesIn(messagesIn(resourceLogs, 1)[0] ?? Buffer.alloc(0), 1);
    return messagesIn(resourceLogs, 2)
      .flatMap((scopeLogs) => messagesIn(scopeLogs, 2))
      .map((record) => ({
        resource,
        severityNumber: numberIn(record, 2),
        severity: textIn(record, 3),
        body: textIn(messagesIn(record, 5)[0] ?? Buffer.alloc(0), 1),
        traceId: messagesIn(record, 9)[0]?.toString('hex') ?? '',
        attributes: attributesIn(record, 6),
      }));
  });
