import { ApiProperty } from '@nestjs/swagger';
import { CALL_EXAMPLE, CallView } from '../call-log/call.view.js';
import { AUDIT_EXAMPLE, AuditRecordView } from '../audit/audit.view.js';
import { type LineLevel, type LineRow, SEVERITIES } from './log-lines.repository.js';

const NULLABLE = { type: String, nullable: true } as const;
const LEVELS = Object.keys(SEVERITIES) as LineLevel[];
const LEVEL_OF = new Map<number, LineLevel>(LEVELS.map((level) => [SEVERITIES[level], level]));

/** One line of the log, with secrets masked as it was written. */
export class LogLineView {
  @ApiProperty({ type: String, format: 'date-time' })
  readonly time: string;

  @ApiProperty({ enum: LEVELS })
  readonly level: LineLevel;

  @ApiProperty({ type: String })
  readonly service: string;

  @ApiProperty({ type: String, description: 'The process that wrote it.' })
  readonly instance: string;

  @ApiProperty({ type: String })
  readonly message: string;

  @ApiProperty(NULLABLE)
  readonly correlationId: string | null;

  @ApiProperty(NULLABLE)
  readonly traceId: string | null;

  @ApiProperty({ ...NULLABLE, description: 'Whom it is about.' })
  readonly user: string | null;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    description: 'What else it says, as docs/operations/logs.md has it; `isCut` alone where that was too long.',
  })
  readonly fields: Readonly<Record<string, unknown>>;

  constructor(row: LineRow) {
    this.time = new Date(row.atMs).toISOString();
    this.level = LEVEL_OF.get(row.severity) ?? 'info';
    this.service = row.service;
    this.instance = row.instance;
    this.message = row.message;
    this.correlationId = row.correlationId;
    this.traceId = row.traceId;
    this.user = row.principal;
    this.fields = row.fields;
  }
}

/** `GET /logs` */
export class LogsView {
  @ApiProperty({ type: [LogLineView] })
  readonly lines!: readonly LogLineView[];

  @ApiProperty({ ...NULLABLE, description: 'For the next page; null on the last.' })
  readonly nextCursor!: string | null;
}

/** `GET /logs/trace/{correlationId}` */
export class LogTraceView {
  @ApiProperty({ type: String })
  readonly correlationId!: string;

  @ApiProperty({ type: [LogLineView], description: 'In the order in which they were written.' })
  readonly lines!: readonly LogLineView[];

  @ApiProperty({ type: [CallView], description: 'The calls of the same traces.' })
  readonly calls!: readonly CallView[];

  @ApiProperty({ type: [AuditRecordView], description: 'What was changed in the same traces, and log-ins.' })
  readonly auditRecords!: readonly AuditRecordView[];

  @ApiProperty({ type: Boolean, description: 'There is more of something than is shown.' })
  readonly isCut!: boolean;
}

export const LINE_EXAMPLE = new LogLineView({
  atMs: Date.UTC(2026, 6, 28, 9),
  instance: 'host-1-42',
  seq: 7,
  severity: SEVERITIES.info,
  service: 'ingress',
  message: 'a request was refused',
  correlationId: 'my-request-1',
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  principal: 'dev@example.com',
  fields: { operation: 'tools/call', tool: 'weather-forecast', code: 'auth.grant_missing' },
});

export const LOG_TRACE_EXAMPLE: LogTraceView = {
  correlationId: 'my-request-1',
  lines: [LINE_EXAMPLE],
  calls: [CALL_EXAMPLE],
  auditRecords: [AUDIT_EXAMPLE],
  isCut: false,
};
