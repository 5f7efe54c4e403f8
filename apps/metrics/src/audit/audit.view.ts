import { ApiProperty } from '@nestjs/swagger';
import type { Actor } from '#contracts/audit-event';
import { SECURITY_TYPES } from './audit-trail.repository.js';
import type { AuditRecord, Details } from './chain.js';

const NULLABLE = { type: String, nullable: true } as const;
const VALUES = { type: 'object', additionalProperties: true, nullable: true } as const;

export const SEVERITIES = ['info', 'notice', 'warning'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** Who acted. */
export class ActorView {
  @ApiProperty({ enum: ['user', 'command', 'gateway', 'erased'], description: 'A command is run on the machine.' })
  readonly kind: Actor['kind'] | 'gateway' | 'erased';

  @ApiProperty({ ...NULLABLE, description: 'The e-mail address of a user, the name of a command.' })
  readonly id: string | null;

  @ApiProperty({ ...NULLABLE, description: 'The `jti` of the token.' })
  readonly tokenId: string | null;

  @ApiProperty(NULLABLE)
  readonly address: string | null;

  @ApiProperty(NULLABLE)
  readonly traceId: string | null;

  constructor(text: string | null) {
    const actor = text === null ? null : (JSON.parse(text) as Actor | null);
    this.kind = text === null ? 'erased' : (actor?.kind ?? 'gateway');
    this.id = actor?.id ?? null;
    this.tokenId = actor?.tokenId ?? null;
    this.address = actor?.address ?? null;
    this.traceId = actor?.traceId ?? null;
  }
}

/** What was changed or tried. */
export class AuditedResourceView {
  @ApiProperty({ type: String, example: 'gateway' })
  readonly type!: string;

  @ApiProperty({ ...NULLABLE, description: 'Null where it was erased, too.' })
  readonly id!: string | null;

  @ApiProperty(NULLABLE)
  readonly name!: string | null;
}

/** What `switchyard audit verify` computes the chain from. */
export class ProofView {
  @ApiProperty({ type: String })
  readonly previous!: string;

  @ApiProperty({ type: String })
  readonly hash!: string;

  @ApiProperty({ ...NULLABLE, description: 'The JSON text of who acted; null where it was erased.' })
  readonly actor!: string | null;

  @ApiProperty(NULLABLE)
  readonly actorSalt!: string | null;

  @ApiProperty({ type: String })
  readonly actorDigest!: string;

  @ApiProperty({ ...NULLABLE, description: 'The JSON text of what happened; null where it was erased.' })
  readonly details!: string | null;

  @ApiProperty(NULLABLE)
  readonly detailsSalt!: string | null;

  @ApiProperty({ type: String })
  readonly detailsDigest!: string;
}

/** One record of the audit trail. Holds no secret. */
export class AuditRecordView {
  @ApiProperty({ type: String, format: 'uuid' })
  readonly id: string;

  @ApiProperty({ type: 'integer', description: 'Its place in the chain, from 1.' })
  readonly seq: number;

  @ApiProperty({ type: String, format: 'date-time' })
  readonly at: string;

  @ApiProperty({ type: String, description: 'The service that it happened in.' })
  readonly source: string;

  @ApiProperty({ type: String, example: 'gateway.changed' })
  readonly action: string;

  @ApiProperty({ enum: ['security', 'change'], description: '`security`: log-ins.' })
  readonly category: 'security' | 'change';

  @ApiProperty({ enum: SEVERITIES })
  readonly severity: Severity;

  @ApiProperty({ type: ActorView })
  readonly actor: ActorView;

  @ApiProperty({ type: AuditedResourceView })
  readonly resource: AuditedResourceView;

  @ApiProperty({ ...VALUES, description: 'What was other before; of a removal all that there was.' })
  readonly before: Details['before'];

  @ApiProperty({ ...VALUES, description: 'What is other now; of what was made all of it.' })
  readonly after: Details['after'];

  constructor(record: AuditRecord) {
    const details = JSON.parse(record.details ?? 'null') as Details | null;
    this.id = record.eventId;
    this.seq = record.seq;
    this.at = record.at;
    this.source = record.source;
    this.action = record.action;
    this.category = SECURITY_TYPES.includes(record.resourceType) ? 'security' : 'change';
    this.severity = severityOf(record.action, this.category);
    this.actor = new ActorView(record.actor);
    this.resource = {
      type: record.resourceType,
      id: details?.resourceId ?? null,
      name: details?.resourceName ?? null,
    };
    this.before = details?.before ?? null;
    this.after = details?.after ?? null;
  }
}

const severityOf = (action: string, category: AuditRecordView['category']): Severity =>
  action.endsWith('.refused') ? 'warning' : category === 'security' ? 'info' : 'notice';

type Proof = Readonly<Pick<AuditRecord, keyof ProofView>>;

/** A record as an export has it: with what proves it. */
export class ProvenRecordView extends AuditRecordView {
  @ApiProperty({ type: ProofView })
  readonly proof: Proof;

  constructor(record: AuditRecord) {
    super(record);
    const { previous, hash, actor, actorSalt, actorDigest, details, detailsSalt, detailsDigest } = record;
    this.proof = { previous, hash, actor, actorSalt, actorDigest, details, detailsSalt, detailsDigest };
  }
}

/** The record that an exported one was made of. */
export const recordOf = ({ id, seq, at, source, action, resource, proof }: ProvenRecordView): AuditRecord => ({
  eventId: id,
  seq,
  at,
  source,
  action,
  resourceType: resource.type,
  ...proof,
});

/** `GET /audit` */
export class AuditPageView {
  @ApiProperty({ type: [AuditRecordView] })
  readonly records!: readonly AuditRecordView[];

  @ApiProperty({ ...NULLABLE, description: 'For the next page; null on the last.' })
  readonly nextCursor!: string | null;

  @ApiProperty({
    type: [String],
    description: 'Services that could not be asked: what has happened there last may be missing yet.',
  })
  readonly behind!: readonly string[];
}

/** `GET /audit/verify` */
export class AuditVerdictView {
  @ApiProperty({ type: Boolean, description: 'Every record is as it was written, and none is missing.' })
  readonly intact!: boolean;

  @ApiProperty({ type: 'integer', description: 'Records that were looked at.' })
  readonly records!: number;

  @ApiProperty({ type: 'integer', description: 'Those of them in which something about a person was erased.' })
  readonly erased!: number;

  @ApiProperty({ type: 'integer', nullable: true, description: 'The first record at which the chain is broken.' })
  readonly brokenAt!: number | null;

  @ApiProperty({ ...NULLABLE, description: 'What is wrong there.' })
  readonly fault!: string | null;

  @ApiProperty({
    type: 'object',
    properties: { seq: { type: 'integer' }, hash: { type: 'string' } },
    description: 'The last record. Who keeps it elsewhere can have it looked for later.',
  })
  readonly head!: { readonly seq: number; readonly hash: string };
}

const DETAILS: Details = {
  resourceId: '5f0c1f0e0c8b4a3c9d2e7f6a5b4c3d2e',
  resourceName: 'weather',
  before: { enabled: true },
  after: { enabled: false },
};

const EXAMPLE: AuditRecord = {
  seq: 42,
  eventId: '0198c0de-1111-4222-8333-444455556666',
  at: '2026-07-28T10:00:00.000Z',
  source: 'registry',
  action: 'gateway.changed',
  resourceType: 'gateway',
  actor: JSON.stringify({
    kind: 'user',
    id: 'ann@example.org',
    tokenId: 'a1',
    address: '192.0.2.7',
    traceId: 'c0ffee',
  }),
  actorSalt: '6b1d',
  actorDigest: '9f2c',
  details: JSON.stringify(DETAILS),
  detailsSalt: '77aa',
  detailsDigest: '01ef',
  previous: 'a3c1',
  hash: 'b7d4',
};

export const AUDIT_EXAMPLE = new AuditRecordView(EXAMPLE);
export const PROVEN_EXAMPLE = new ProvenRecordView(EXAMPLE);
