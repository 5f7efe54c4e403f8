import { Injectable } from '@nestjs/common';
import type { Principal } from '#contracts/auth/principal';
import { checkSeesAll } from '../audit/audit-log.service.js';
import { AuditCollector } from '../audit/audit-collector.service.js';
import { type AuditFilter, AuditTrailRepository } from '../audit/audit-trail.repository.js';
import { AuditRecordView } from '../audit/audit.view.js';
import type { LineFilter, LineRow } from '../logs/log-lines.repository.js';
import { LogLinesRepository } from '../logs/log-lines.repository.js';
import { LogsService } from '../logs/logs.service.js';
import { LogLineView } from '../logs/logs.view.js';
import {
  AuditTrailView,
  type CorrelationView,
  FoundLineView,
  type FoundLinesView,
  SecurityEventView,
} from './log-search.view.js';
import type { AuditTrailsQuery, LogSearchBody, SecurityEventsQuery } from './search.body.js';

/** Counting all of many lines would read all of them. */
const COUNTED_MAX = 10_000;
const REFUSED = ['login.refused'];

/** What the routes of ContextForge for its logs ask, answered from the log, the calls and the audit trail that there are. */
@Injectable()
export class LogSearchService {
  constructor(
    private readonly logs: LogsService,
    private readonly lines: LogLinesRepository,
    private readonly trail: AuditTrailRepository,
    private readonly collector: AuditCollector,
  ) {}

  /** Throws `http.not_found` where no lines are kept. */
  async search(body: LogSearchBody, caller: Principal): Promise<FoundLinesView> {
    this.logs.check(caller);
    const filter = filterOf(body);
    const [rows, total] = await Promise.all([
      this.lines.search(filter, body.sortOrder, body.limit, body.offset),
      this.lines.count(filter, COUNTED_MAX),
    ]);
    return { total, results: rows.map((row) => new FoundLineView(idOf(row), new LogLineView(row))) };
  }

  async trace(correlationId: string, caller: Principal): Promise<CorrelationView> {
    const { lines, calls, auditRecords } = await this.logs.trace(correlationId, caller);
    const logs = lines.map((line, at) => new FoundLineView(`${correlationId}:${at}`, line));
    const security = auditRecords.filter(({ category }) => category === 'security');
    return {
      correlation_id: correlationId,
      total_duration_ms: calls.length === 0 ? null : calls.reduce((sum, { latencyMs }) => sum + latencyMs, 0),
      log_count: logs.length,
      error_count: lines.filter(({ level }) => level === 'error' || level === 'fatal').length,
      logs,
      security_events: security.map((record) => new SecurityEventView(record)),
      audit_trails: auditRecords.map((record) => new AuditTrailView(record)),
    };
  }

  async securityEvents(query: SecurityEventsQuery, caller: Principal): Promise<SecurityEventView[]> {
    const { severity = ['LOW', 'MEDIUM'] } = query;
    const [low, medium] = [severity.includes('LOW'), severity.includes('MEDIUM')];
    const filter: AuditFilter = {
      isSecurity: true,
      ...(low !== medium && (medium ? { actions: REFUSED } : { actionsNot: REFUSED })),
    };
    const records = await this.records(filter, query, caller);
    return records.map((record) => new SecurityEventView(record));
  }

  async auditTrails(
    { action, resourceType, userId, ...query }: AuditTrailsQuery,
    caller: Principal,
  ): Promise<AuditTrailView[]> {
    const records = await this.records({ actions: action, resourceType, actor: userId }, query, caller);
    return records.map((record) => new AuditTrailView(record));
  }

  private async records(
    filter: AuditFilter,
    { startTime, endTime, limit, offset }: Pick<AuditTrailsQuery, 'startTime' | 'endTime' | 'limit' | 'offset'>,
    caller: Principal,
  ): Promise<AuditRecordView[]> {
    checkSeesAll(caller);
    await this.collector.collect();
    const found = await this.trail.find({ ...filter, since: startTime, until: endTime }, limit, null, offset);
    return found.map((record) => new AuditRecordView(record));
  }
}

const idOf = ({ instance, seq, atMs }: LineRow): string => `${instance}:${seq}:${atMs}`;

const filterOf = (body: LogSearchBody): LineFilter => ({
  since: body.startTime,
  until: body.endTime,
  levels: body.level,
  services: body.component,
  principal: body.userId,
  correlationId: body.correlationId,
  text: body.searchText,
  msMin: body.minDurationMs,
  msMax: body.maxDurationMs,
  hasError: body.hasError,
});
