import { ApiProperty } from '@nestjs/swagger';
import type { AuditRecordView } from '../audit/audit.view.js';
import type { LogLineView } from '../logs/logs.view.js';
import { EVENT_SEVERITIES } from './search.body.js';

const NULLABLE = { type: String, nullable: true } as const;

const textIn = (fields: Readonly<Record<string, unknown>>, name: string): string | null =>
  typeof fields[name] === 'string' ? fields[name] : null;

/** A line of the log under the names of ContextForge. */
export class FoundLineView {
  @ApiProperty({ type: String })
  readonly id: string;

  @ApiProperty({ type: String, format: 'date-time' })
  readonly timestamp: string;

  @ApiProperty({ type: String, example: 'WARNING' })
  readonly level: string;

  @ApiProperty({ type: String, description: 'The service that wrote it.' })
  readonly component: string;

  @ApiProperty({ type: String })
  readonly message: string;

  @ApiProperty(NULLABLE)
  readonly correlation_id: string | null;

  @ApiProperty(NULLABLE)
  readonly user_id: string | null;

  @ApiProperty({ ...NULLABLE, description: 'The same.' })
  readonly user_email: string | null;

  @ApiProperty({ type: Number, nullable: true })
  readonly duration_ms: number | null;

  @ApiProperty({ ...NULLABLE, description: 'The method of MCP.' })
  readonly operation_type: string | null;

  @ApiProperty(NULLABLE)
  readonly request_path: string | null;

  @ApiProperty(NULLABLE)
  readonly request_method: string | null;

  @ApiProperty({ type: Boolean, description: 'Of credentials, permissions and log-ins.' })
  readonly is_security_event: boolean;

  @ApiProperty({ type: 'object', additionalProperties: true, nullable: true })
  readonly error_details: Readonly<Record<string, unknown>> | null;

  constructor(id: string, { time, level, service, message, correlationId, user, fields }: LogLineView) {
    this.id = id;
    this.timestamp = time;
    this.level = level === 'warn' ? 'WARNING' : level === 'fatal' ? 'CRITICAL' : level.toUpperCase();
    this.component = service;
    this.message = message;
    this.correlation_id = correlationId;
    this.user_id = user;
    this.user_email = user !== null && user.includes('@') ? user : null;
    this.duration_ms = typeof fields['ms'] === 'number' ? fields['ms'] : null;
    this.operation_type = textIn(fields, 'operation');
    this.request_path = textIn(fields, 'path') ?? textIn(fields, 'route');
    this.request_method = textIn(fields, 'method');
    this.is_security_event = textIn(fields, 'code')?.startsWith('auth.') ?? false;
    const err = fields['err'];
    this.error_details = typeof err === 'object' && err !== null ? (err as Readonly<Record<string, unknown>>) : null;
  }
}

/** `POST /api/logs/search` */
export class FoundLinesView {
  @ApiProperty({ type: 'integer', description: 'How many there are; from 10,000 on they are not counted.' })
  readonly total!: number;

  @ApiProperty({ type: [FoundLineView] })
  readonly results!: readonly FoundLineView[];
}

/** A log-in, and whether it was refused. */
export class SecurityEventView {
  @ApiProperty({ type: String, format: 'uuid' })
  readonly id: string;

  @ApiProperty({ type: String, format: 'date-time' })
  readonly timestamp: string;

  @ApiProperty({ type: String, example: 'login.refused' })
  readonly event_type: string;

  @ApiProperty({ enum: EVENT_SEVERITIES })
  readonly severity: (typeof EVENT_SEVERITIES)[number];

  @ApiProperty({ type: String, example: 'login' })
  readonly category: string;

  @ApiProperty(NULLABLE)
  readonly user_id: string | null;

  @ApiProperty(NULLABLE)
  readonly client_ip: string | null;

  @ApiProperty({ type: String })
  readonly description: string;

  constructor({ id, at, action, severity, resource, actor }: AuditRecordView) {
    this.id = id;
    this.timestamp = at;
    this.event_type = action;
    this.severity = severity === 'warning' ? 'MEDIUM' : 'LOW';
    this.category = resource.type;
    this.user_id = actor.id ?? resource.name;
    this.client_ip = actor.address;
    this.description = `${action}: ${resource.name ?? resource.id ?? actor.id ?? 'unknown'}`;
  }
}

/** A record of the audit trail under the names of ContextForge. `GET /audit` has what was changed, too. */
export class AuditTrailView {
  @ApiProperty({ type: String, format: 'uuid' })
  readonly id: string;

  @ApiProperty({ type: String, format: 'date-time' })
  readonly timestamp: string;

  @ApiProperty({ ...NULLABLE, description: 'The id of the trace.' })
  readonly correlation_id: string | null;

  @ApiProperty({ type: String, example: 'gateway.changed' })
  readonly action: string;

  @ApiProperty({ type: String })
  readonly resource_type: string;

  @ApiProperty(NULLABLE)
  readonly resource_id: string | null;

  @ApiProperty(NULLABLE)
  readonly resource_name: string | null;

  @ApiProperty(NULLABLE)
  readonly user_id: string | null;

  @ApiProperty(NULLABLE)
  readonly user_email: string | null;

  @ApiProperty({ type: Boolean })
  readonly success: boolean;

  constructor({ id, at, action, resource, actor }: AuditRecordView) {
    this.id = id;
    this.timestamp = at;
    this.correlation_id = actor.traceId;
    this.action = action;
    this.resource_type = resource.type;
    this.resource_id = resource.id;
    this.resource_name = resource.name;
    this.user_id = actor.id;
    this.user_email = actor.id !== null && actor.id.includes('@') ? actor.id : null;
    this.success = !action.endsWith('.refused');
  }
}

/** `GET /api/logs/trace/{correlationId}` */
export class CorrelationView {
  @ApiProperty({ type: String })
  readonly correlation_id!: string;

  @ApiProperty({ type: Number, nullable: true, description: 'Of the calls together.' })
  readonly total_duration_ms!: number | null;

  @ApiProperty({ type: 'integer' })
  readonly log_count!: number;

  @ApiProperty({ type: 'integer' })
  readonly error_count!: number;

  @ApiProperty({ type: [FoundLineView] })
  readonly logs!: readonly FoundLineView[];

  @ApiProperty({ type: [SecurityEventView] })
  readonly security_events!: readonly SecurityEventView[];

  @ApiProperty({ type: [AuditTrailView] })
  readonly audit_trails!: readonly AuditTrailView[];
}

export const FOUND_LINE_EXAMPLE: FoundLineView = {
  id: 'host-1-42:7:1785312000123',
  timestamp: '2026-07-28T09:00:00.123Z',
  level: 'WARNING',
  component: 'tool-invocation',
  message: 'an upstream fails',
  correlation_id: 'my-request-1',
  user_id: 'ann@example.com',
  user_email: 'ann@example.com',
  duration_ms: 5_000,
  operation_type: 'tools/call',
  request_path: null,
  request_method: null,
  is_security_event: false,
  error_details: null,
};

export const SECURITY_EVENT_EXAMPLE: SecurityEventView = {
  id: '0198c0de-1111-4222-8333-444455556666',
  timestamp: '2026-07-28T09:00:00.000Z',
  event_type: 'login.refused',
  severity: 'MEDIUM',
  category: 'login',
  user_id: 'eve@example.com',
  client_ip: '192.0.2.7',
  description: 'login.refused: eve@example.com',
};

export const AUDIT_TRAIL_EXAMPLE: AuditTrailView = {
  id: '0198c0de-1111-4222-8333-444455556667',
  timestamp: '2026-07-28T09:00:00.000Z',
  correlation_id: '4bf92f3577b34da6a3ce929d0e0e4736',
  action: 'gateway.changed',
  resource_type: 'gateway',
  resource_id: '5f0c1f0e0c8b4a3c9d2e7f6a5b4c3d2e',
  resource_name: 'weather',
  user_id: 'ann@example.com',
  user_email: 'ann@example.com',
  success: true,
};

export const CORRELATION_EXAMPLE: CorrelationView = {
  correlation_id: 'my-request-1',
  total_duration_ms: 5_012.5,
  log_count: 1,
  error_count: 0,
  logs: [FOUND_LINE_EXAMPLE],
  security_events: [],
  audit_trails: [],
};
