import type { DataSource, EntityManager } from 'typeorm';
import type { AuditCollection, AuditEvent, CollectedEvents } from '#libs/contracts';
import { currentActor } from './actor.js';

/** What has happened, where no changed row tells it. */
export type Happening = Pick<AuditEvent, 'action' | 'resourceType'> &
  Partial<Pick<AuditEvent, 'resourceId' | 'resourceName' | 'actor' | 'before' | 'after'>>;

const EVENTS_MAX = 200;
/** Of one collection, unless a single event is longer. */
const CHARS_MAX = 262_144;

const COLUMNS = `id, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS at, action,
  resource_type AS "resourceType", resource_id AS "resourceId", resource_name AS "resourceName", actor, before, after`;

/** The events of a schema that wait for the audit trail (`createAuditTrail`). */
export class PendingEvents {
  constructor(
    private readonly database: DataSource,
    private readonly schema: string,
  ) {}

  /** Notes what no row tells; in the transaction of `manager`, where there is one. By whoever acts, unless told. */
  async note(happening: Happening, manager: EntityManager = this.database.manager): Promise<void> {
    const { action, resourceType, resourceId = null, resourceName = null, before = null, after = null } = happening;
    const actor = happening.actor === undefined ? (currentActor() ?? null) : happening.actor;
    await manager.query(
      `INSERT INTO ${this.schema}.audit_pending (action, resource_type, resource_id, resource_name, actor, before, after)
       VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      [action, resourceType, resourceId, resourceName, ...[actor, before, after].map(asJson)],
    );
  }

  /** Forgets what was taken, and answers what comes next. */
  async collect({ taken }: AuditCollection): Promise<CollectedEvents> {
    if (taken.length > 0)
      await this.database.query(`DELETE FROM ${this.schema}.audit_pending WHERE id = ANY($1::uuid[])`, [taken]);
    const events = await this.database.query<AuditEvent[]>(
      `SELECT ${COLUMNS} FROM (
         SELECT *, sum(coalesce(length(before::text), 0) + coalesce(length(after::text), 0)) OVER (ORDER BY ordinal) AS chars
         FROM (SELECT * FROM ${this.schema}.audit_pending ORDER BY ordinal LIMIT ${EVENTS_MAX}) oldest
       ) counted WHERE chars <= ${CHARS_MAX} OR ordinal = (SELECT min(ordinal) FROM ${this.schema}.audit_pending)
       ORDER BY ordinal`,
    );
    return { events };
  }
}

const asJson = (value: unknown): string | null => (value === null ? null : JSON.stringify(value));
