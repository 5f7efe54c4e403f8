import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { LogLine } from '#contracts/metrics/record-lines.request';
import { InjectDatabase } from '#libs/storage';

/** By level, as pino counts them. */
export const SEVERITIES = { trace: 10, debug: 20, info: 30, warn: 40, error: 50, fatal: 60 } as const;
export type LineLevel = keyof typeof SEVERITIES;

/** Where a page ends: the last line on it. Together it is one line. */
export interface LinePlace {
  readonly atMs: number;
  readonly instance: string;
  readonly seq: number;
}

/** A line as it stands in the database. */
export interface LineRow extends LinePlace {
  readonly severity: number;
  readonly service: string;
  readonly message: string;
  readonly correlationId: string | null;
  readonly traceId: string | null;
  readonly principal: string | null;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** What is looked for. Absent: all. */
export interface LineFilter {
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  /** That level, or a graver one. */
  readonly level?: LineLevel | undefined;
  /** Of one of these, and no other. */
  readonly levels?: readonly LineLevel[] | undefined;
  readonly services?: readonly string[] | undefined;
  readonly service?: string | undefined;
  readonly instance?: string | undefined;
  readonly principal?: string | undefined;
  readonly correlationId?: string | undefined;
  readonly traceId?: string | undefined;
  /** Anywhere in message or fields, in whatever case. */
  readonly text?: string | undefined;
  /** How long what they tell of took, in milliseconds. */
  readonly msMin?: number | undefined;
  readonly msMax?: number | undefined;
  readonly hasError?: boolean | undefined;
}

const COLUMNS = `(extract(epoch FROM at) * 1000)::double precision AS "atMs", instance, seq::double precision AS seq,
  severity, service, message, correlation_id AS "correlationId", trace_id AS "traceId", principal, fields`;

const EQUAL = [
  ['service', 'service'],
  ['instance', 'instance'],
  ['principal', 'principal'],
  ['correlationId', 'correlation_id'],
  ['traceId', 'trace_id'],
] as const satisfies readonly (readonly [keyof LineFilter, string])[];

/** Lines of the log, by the time at which they were written. */
@Injectable()
export class LogLinesRepository {
  constructor(@InjectDatabase('metrics') private readonly database: DataSource) {}

  /** Answers how many are kept; what is no line is not, and one that is there already stays as it is. */
  async write(lines: readonly LogLine[]): Promise<number> {
    const sound = lines.filter(isLine).map((line) => ({ ...line, severity: SEVERITIES[line.level] }));
    if (sound.length > 0) await this.database.query(INSERT, [JSON.stringify(sound, storable)]);
    return sound.length;
  }

  /** At most `count`, the newest first, those before `before` where a page has ended there. */
  find(filter: LineFilter, count: number, before: LinePlace | null): Promise<LineRow[]> {
    const { conditions, values } = conditionsOf(filter);
    if (before !== null) {
      values.push(new Date(before.atMs), before.instance, before.seq);
      const [at, instance, seq] = [2, 1, 0].map((back) => `$${values.length - back}`);
      // The first is said beside, so that no later partition is looked at.
      conditions.push(`at <= ${at}`, `(at, instance, seq) < (${at}, ${instance}, ${seq})`);
    }
    return this.select(conditions, values, `ORDER BY at DESC, instance DESC, seq DESC LIMIT ${count}`);
  }

  /** At most `count`, in the order in which they were written. */
  findFrom(filter: LineFilter, count: number): Promise<LineRow[]> {
    const { conditions, values } = conditionsOf(filter);
    return this.select(conditions, values, `ORDER BY at, instance, seq LIMIT ${count}`);
  }

  /** At most `count` after the first `skipped`, by time. */
  search(filter: LineFilter, order: 'asc' | 'desc', count: number, skipped: number): Promise<LineRow[]> {
    const { conditions, values } = conditionsOf(filter);
    const by = ['at', 'instance', 'seq'].map((column) => `${column} ${order}`).join(', ');
    return this.select(conditions, values, `ORDER BY ${by} LIMIT ${count} OFFSET ${skipped}`);
  }

  /** How many there are, and `max` where there are more. */
  async count(filter: LineFilter, max: number): Promise<number> {
    const { conditions, values } = conditionsOf(filter);
    const [row] = await this.database.query<{ count: number }[]>(
      `SELECT count(*)::integer AS count FROM (
         SELECT FROM metrics.log_lines WHERE ${conditions.join(' AND ')} LIMIT ${max}) AS found`,
      values,
    );
    return row?.count ?? 0;
  }

  private select(conditions: readonly string[], values: unknown[], rest: string): Promise<LineRow[]> {
    return this.database.query(
      `SELECT ${COLUMNS} FROM metrics.log_lines WHERE ${conditions.join(' AND ')} ${rest}`,
      values,
    );
  }
}

const INSERT = `
  INSERT INTO metrics.log_lines (at, instance, seq, service, severity, message, correlation_id, trace_id, principal, fields)
  SELECT at, instance, seq, service, severity, message, "correlationId", "traceId", principal, fields::json
  FROM json_to_recordset($1) AS line (at timestamptz, instance text, seq bigint, service text, severity smallint,
    message text, "correlationId" text, "traceId" text, principal text, fields text)
  ON CONFLICT DO NOTHING`;

/** Null where a line tells of nothing that took a time. */
const MS = `CASE WHEN json_typeof(fields->'ms') = 'number' THEN (fields->>'ms')::double precision END`;

const CHARS_MAX = 65_536;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/;

const isLine = (line: LogLine): line is LogLine & { readonly level: LineLevel } =>
  Number.isSafeInteger(line.seq) &&
  TIME.test(line.at) &&
  !Number.isNaN(Date.parse(line.at)) &&
  Object.hasOwn(SEVERITIES, line.level) &&
  [line.service, line.instance, line.message, line.fields].every(isText) &&
  [line.correlationId, line.traceId, line.principal].every((text) => text === null || isText(text)) &&
  isObject(line.fields);

const isText = (value: unknown): boolean => typeof value === 'string' && value.length <= CHARS_MAX;

const isObject = (text: string): boolean => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
};

/** For `JSON.stringify`: Postgres has no text with U+0000 or half a surrogate pair. In `fields` they stand escaped. */
const storable = (_name: string, value: unknown): unknown =>
  typeof value === 'string' ? value.replaceAll('\0', '\uFFFD').toWellFormed() : value;

const conditionsOf = (filter: LineFilter): { conditions: string[]; values: unknown[] } => {
  const values: unknown[] = [];
  const conditions = ['true'];
  const { since, until, level, text } = filter;
  if (since !== undefined) conditions.push(`at >= $${values.push(since)}`);
  if (until !== undefined) conditions.push(`at < $${values.push(until)}`);
  // Written out, so that the index of grave ones is used.
  if (level !== undefined) conditions.push(`severity >= ${SEVERITIES[level]}`);
  const { levels, services, msMin, msMax, hasError } = filter;
  if (levels !== undefined)
    conditions.push(`severity = ANY($${values.push(levels.map((one) => SEVERITIES[one]))}::smallint[])`);
  if (services !== undefined) conditions.push(`service = ANY($${values.push(services)}::text[])`);
  if (msMin !== undefined) conditions.push(`${MS} >= $${values.push(msMin)}`);
  if (msMax !== undefined) conditions.push(`${MS} <= $${values.push(msMax)}`);
  if (hasError !== undefined) conditions.push(`fields->'err' IS ${hasError ? 'NOT ' : ''}NULL`);
  for (const [member, column] of EQUAL) {
    const wanted = filter[member];
    if (wanted !== undefined) conditions.push(`${column} = $${values.push(wanted)}`);
  }
  if (text !== undefined) {
    const inMessage = values.push(patternOf(text));
    const inFields = values.push(patternOf(JSON.stringify(text).slice(1, -1)));
    conditions.push(`(message ILIKE $${inMessage} OR fields::text ILIKE $${inFields})`);
  }
  return { conditions, values };
};

/** https://www.postgresql.org/docs/current/functions-matching.html#FUNCTIONS-LIKE */
const patternOf = (text: string): string => `%${text.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
