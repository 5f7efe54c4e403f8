import { Injectable } from '@nestjs/common';
import type { Principal } from '#contracts/auth/principal';
import { fail } from '#libs/errors';
import { InjectPlatformConfig, type PlatformConfig } from '#libs/service';
import { checkSeesAll } from '../audit/audit-log.service.js';
import { AuditTrailRepository } from '../audit/audit-trail.repository.js';
import { AuditRecordView } from '../audit/audit.view.js';
import { visibleTo } from '../call-log/call-filter.js';
import { CallLogRepository } from '../call-log/call-log.repository.js';
import { CallView } from '../call-log/call.view.js';
import { readLineCursor, writeLineCursor } from './line-cursor.js';
import { type LineFilter, type LineRow, LogLinesRepository } from './log-lines.repository.js';
import type { LineFilterQuery, LogExportQuery, LogsQuery } from './logs.query.js';
import { LogLineView, type LogTraceView, type LogsView } from './logs.view.js';

/** Lines that one piece of an export holds. */
const PIECE_LINES = 1_000;
/** Of each kind, what one correlation id shows. */
const TRACE_LINES_MAX = 1_000;
const TRACE_RECORDS_MAX = 100;
/** Requests with the same correlation id, as a client may give it several. */
const TRACES_MAX = 20;
const TRACE_ID = /^[0-9a-f]{32}$/;

/**
 * Shows lines of the log to whoever sees the audit trail. Throws `http.not_found` where none are kept, `auth.grant_missing` for a
 * token that does not reach every team.
 */
@Injectable()
export class LogsService {
  constructor(
    private readonly lines: LogLinesRepository,
    private readonly calls: CallLogRepository,
    private readonly trail: AuditTrailRepository,
    @InjectPlatformConfig() private readonly config: PlatformConfig,
  ) {}

  async page(query: LogsQuery, caller: Principal): Promise<LogsView> {
    this.check(caller);
    const before = query.cursor === undefined ? null : readLineCursor(query.cursor);
    const rows = await this.lines.find(filterOf(query), query.limit + 1, before);
    const last = rows.length > query.limit ? rows[query.limit - 1] : undefined;
    return {
      lines: rows.slice(0, query.limit).map((row) => new LogLineView(row)),
      nextCursor: last === undefined ? null : writeLineCursor(last),
    };
  }

  /** The newest first, a JSON object a line; in pieces, so that no connection is held while the reader is slow. */
  async export(query: LogExportQuery, caller: Principal): Promise<AsyncGenerator<string>> {
    this.check(caller);
    const filter = filterOf(query);
    return this.pieces(filter, query.limit, await this.lines.find(filter, Math.min(query.limit, PIECE_LINES), null));
  }

  /** All that is known of what a client finds by this id, over all services; of calls, those that the caller sees elsewhere too. */
  async trace(correlationId: string, caller: Principal): Promise<LogTraceView> {
    this.check(caller);
    const lines = await this.lines.findFrom({ correlationId }, TRACE_LINES_MAX + 1);
    const named = lines.flatMap(({ traceId }) => traceId ?? []);
    const traces = [...new Set(TRACE_ID.test(correlationId) ? [correlationId, ...named] : named)];
    const shown = traces.slice(0, TRACES_MAX);
    const visible = visibleTo(caller);
    const each = await Promise.all(
      shown.map((traceId) =>
        Promise.all([
          this.calls.find({ traceId, ...visible }, TRACE_RECORDS_MAX + 1, null),
          this.trail.find({ traceId }, TRACE_RECORDS_MAX + 1, null),
        ]),
      ),
    );
    const calls = each.flatMap(([found]) => found);
    const records = each.flatMap(([, found]) => found);
    return {
      correlationId,
      lines: lines.slice(0, TRACE_LINES_MAX).map((row) => new LogLineView(row)),
      calls: calls.slice(0, TRACE_RECORDS_MAX).map((row) => new CallView(row)),
      auditRecords: records.slice(0, TRACE_RECORDS_MAX).map((record) => new AuditRecordView(record)),
      isCut:
        lines.length > TRACE_LINES_MAX ||
        traces.length > TRACES_MAX ||
        calls.length > TRACE_RECORDS_MAX ||
        records.length > TRACE_RECORDS_MAX,
    };
  }

  /** Throws where the caller may not see lines, or there are none. */
  check(caller: Principal): void {
    checkSeesAll(caller, 'Lines of the log are');
    if (!this.config.STRUCTURED_LOGGING_DATABASE_ENABLED)
      throw fail('http.not_found', {
        message: 'Lines of the log are on standard output alone: STRUCTURED_LOGGING_DATABASE_ENABLED is off',
      });
  }

  private async *pieces(filter: LineFilter, limit: number, first: readonly LineRow[]): AsyncGenerator<string> {
    let left = limit;
    for (let rows = first; ; rows = await this.lines.find(filter, Math.min(left, PIECE_LINES), rows.at(-1) ?? null)) {
      yield rows.map((row) => `${JSON.stringify(new LogLineView(row))}\n`).join('');
      left -= rows.length;
      if (left === 0 || rows.length < PIECE_LINES) return;
    }
  }
}

const filterOf = ({ user, q, ...query }: LineFilterQuery): LineFilter => ({ ...query, principal: user, text: q });
