import { ApiProperty } from '@nestjs/swagger';
import { CALL_OUTCOMES, type CallOutcome } from '#contracts/metrics/record-calls.request';
import type { CallRow } from './call-log.repository.js';
import { whyOf } from './why.js';

const NULLABLE = { type: String, nullable: true } as const;
const MS = { type: Number, description: 'Milliseconds.' } as const;
const PART = { type: Number, nullable: true } as const;

/** One call or refusal. Holds no argument, result or credential. */
export class CallView {
  @ApiProperty({ type: String })
  readonly id: string;

  @ApiProperty({ type: String, format: 'date-time' })
  readonly startedAt: string;

  @ApiProperty({ ...NULLABLE, description: 'Null where it is not known who called, or the data were erased.' })
  readonly user: string | null;

  @ApiProperty({ ...NULLABLE, description: 'The `jti` of the token.' })
  readonly tokenId: string | null;

  @ApiProperty({ ...NULLABLE, description: 'What the client calls itself. Nobody has checked it.' })
  readonly client: string | null;

  @ApiProperty(NULLABLE)
  readonly clientVersion: string | null;

  @ApiProperty(NULLABLE)
  readonly address: string | null;

  @ApiProperty({ type: String, description: 'The path that was called.' })
  readonly endpoint: string;

  @ApiProperty({
    ...NULLABLE,
    description: 'Null where the request was refused before it was read; `other` for none of MCP.',
  })
  readonly method: string | null;

  @ApiProperty({
    ...NULLABLE,
    description: 'Of the tool or prompt, or the URI of the resource, as the client wrote it.',
  })
  readonly name: string | null;

  @ApiProperty({ ...NULLABLE, description: 'Null where the call did not get so far.' })
  readonly upstreamId: string | null;

  @ApiProperty({ ...NULLABLE, description: 'The protocol revision that the client speaks.' })
  readonly revision: string | null;

  @ApiProperty({ ...NULLABLE, description: 'What was spoken to the upstream: a revision, or `http`.' })
  readonly upstreamRevision: string | null;

  @ApiProperty({ enum: CALL_OUTCOMES })
  readonly outcome: CallOutcome;

  @ApiProperty({ ...NULLABLE, description: 'Of the failure, or of the JSON-RPC error of the upstream.' })
  readonly code: string | null;

  @ApiProperty({ ...NULLABLE, description: 'The permission, limit or check that decided.' })
  readonly rule: string | null;

  @ApiProperty({ type: String, description: 'What became of it and why, in words.' })
  readonly why: string;

  @ApiProperty(MS)
  readonly latencyMs: number;

  @ApiProperty({ ...PART, description: 'Of the latency: waiting for a place at the upstream.' })
  readonly waitedMs: number | null;

  @ApiProperty({ ...PART, description: 'Of the latency: at the upstream.' })
  readonly upstreamMs: number | null;

  @ApiProperty({ ...PART, description: 'Of the latency: the rest, spent in the gateway or waiting for its client.' })
  readonly gatewayMs: number | null;

  @ApiProperty({ type: 'integer' })
  readonly requestBytes: number;

  @ApiProperty({ type: 'integer' })
  readonly responseBytes: number;

  @ApiProperty(NULLABLE)
  readonly traceId: string | null;

  constructor(row: CallRow) {
    const { waitedMs, upstreamMs, latencyMs } = row;
    this.id = row.callId;
    this.startedAt = new Date(row.startedAtMs).toISOString();
    this.user = row.principalId === '' ? null : row.principalId;
    this.tokenId = row.tokenId;
    this.client = row.clientName;
    this.clientVersion = row.clientVersion;
    this.address = row.address;
    this.endpoint = row.serverId === null ? '/mcp' : `/servers/${row.serverId}/mcp`;
    this.method = row.method === '' ? null : row.method;
    this.name = row.name === '' ? null : row.name;
    this.upstreamId = row.upstreamId;
    this.revision = row.revision;
    this.upstreamRevision = row.upstreamRevision;
    this.outcome = row.outcome;
    this.code = row.errorCode;
    this.rule = row.rule;
    this.why = whyOf(row);
    this.latencyMs = latencyMs;
    this.waitedMs = waitedMs;
    this.upstreamMs = upstreamMs;
    this.gatewayMs =
      waitedMs === null || upstreamMs === null ? null : thousandths(Math.max(0, latencyMs - waitedMs - upstreamMs));
    this.requestBytes = row.requestBytes;
    this.responseBytes = row.responseBytes;
    this.traceId = row.traceId;
  }
}

const thousandths = (ms: number): number => Math.round(ms * 1_000) / 1_000;

export class CallsView {
  @ApiProperty({ type: [CallView] })
  readonly calls!: readonly CallView[];

  @ApiProperty({ ...NULLABLE, description: 'Null on the last page.' })
  readonly nextCursor!: string | null;
}

export class ErasureView {
  @ApiProperty({ type: 'integer', description: 'Call records that name the person no more.' })
  readonly calls!: number;

  @ApiProperty({ type: 'integer', description: 'Records of the audit trail that do so.' })
  readonly auditRecords!: number;

  @ApiProperty({ type: 'integer', description: 'Lines of the log that were deleted.' })
  readonly logLines!: number;
}

export const CALL_EXAMPLE = new CallView({
  callId: '7f8d1a52-3a1e-4d0b-9d1c-2f3a4b5c6d7e',
  startedAtMs: Date.UTC(2026, 6, 28, 9),
  latencyMs: 0.4,
  principalId: 'dev@example.com',
  tokenId: 'b6f5c1c2a3d4',
  serverId: null,
  method: 'tools/call',
  name: 'weather-forecast',
  upstreamId: null,
  outcome: 'refused',
  errorCode: 'auth.grant_missing',
  requestBytes: 64,
  responseBytes: 0,
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  clientName: 'claude-code',
  clientVersion: '2.1.0',
  address: '192.0.2.7',
  revision: '2026-07-28',
  upstreamRevision: null,
  waitedMs: 0,
  upstreamMs: 0,
  rule: 'permission tools.execute',
});
