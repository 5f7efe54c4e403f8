import { defineRequest } from '../define.js';

/** A line of the log as its process wrote it, secrets masked. With `instance`, `at` and `seq` it is one line, however often it comes. */
export interface LogLine {
  /** Counts the lines of the process. */
  readonly seq: number;
  /** ISO 8601. */
  readonly at: string;
  /** As the logger names it. */
  readonly level: string;
  /** The one that wrote it; `switchyard` where several are one process. */
  readonly service: string;
  readonly instance: string;
  readonly message: string;
  readonly correlationId: string | null;
  readonly traceId: string | null;
  readonly principal: string | null;
  /** The other fields, as the text of a JSON object. */
  readonly fields: string;
}

/** Keeps lines, where `STRUCTURED_LOGGING_DATABASE_ENABLED`. One that comes twice is kept once. */
export const RecordLines = defineRequest<{ readonly lines: readonly LogLine[] }, { readonly accepted: number }>(
  'metrics',
  'lines.record',
  { deadlineMs: 5_000, sharesHeads: true },
);
