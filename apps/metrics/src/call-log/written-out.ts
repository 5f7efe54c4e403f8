import type { CallView } from './call.view.js';
import type { ExportFormat } from './calls.query.js';

const CSV_COLUMNS = [
  'id',
  'startedAt',
  'user',
  'tokenId',
  'client',
  'clientVersion',
  'address',
  'endpoint',
  'method',
  'name',
  'upstreamId',
  'revision',
  'upstreamRevision',
  'outcome',
  'code',
  'rule',
  'why',
  'latencyMs',
  'waitedMs',
  'upstreamMs',
  'gatewayMs',
  'requestBytes',
  'responseBytes',
  'traceId',
] as const satisfies readonly (keyof CallView)[];

export const CONTENT_TYPES: Readonly<Record<ExportFormat, string>> = {
  ndjson: 'application/x-ndjson; charset=utf-8',
  csv: 'text/csv; charset=utf-8',
};

/** What comes before the records. */
export const headOf = (format: ExportFormat): string => (format === 'csv' ? `${CSV_COLUMNS.join(',')}\r\n` : '');

/** Records as lines: https://www.rfc-editor.org/rfc/rfc4180 or a JSON object each. */
export const writtenOut = (calls: readonly CallView[], format: ExportFormat): string =>
  format === 'csv'
    ? calls.map((call) => `${CSV_COLUMNS.map((column) => fieldOf(call[column])).join(',')}\r\n`).join('')
    : calls.map((call) => `${JSON.stringify(call)}\n`).join('');

/** Where a spreadsheet would compute: names are the client's words. The codes of upstreams are numbers below zero. */
const FORMULA = /^(?:[=+@\t\r]|-(?!\d+$))/;

const fieldOf = (value: string | number | null): string => {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const text = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};
