import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { AuditEvent } from '#contracts/audit-event';
import { InjectDatabase, transact } from '#libs/storage';
import { addressPattern } from './address-pattern.js';
import { type AuditRecord, type Link, chained } from './chain.js';

/** What is looked for. Absent: all. */
export interface AuditFilter {
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly actor?: string | undefined;
  readonly actions?: readonly string[] | undefined;
  readonly actionsNot?: readonly string[] | undefined;
  readonly resourceType?: string | undefined;
  readonly resourceId?: string | undefined;
  readonly source?: string | undefined;
  readonly traceId?: string | undefined;
  readonly isSecurity?: boolean | undefined;
}

/** Of log-ins and refusals; all other actions are changes. */
export const SECURITY_TYPES: readonly string[] = ['login', 'connection'];

/** Records that one statement looks through for a person. */
const ERASED_AT_ONCE = 5_000;

const COLUMNS = `seq::double precision AS seq, event_id AS "eventId",
  to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS at, source, action, resource_type AS "resourceType",
  actor::text AS actor, actor_salt AS "actorSalt", actor_digest AS "actorDigest",
  details::text AS details, details_salt AS "detailsSalt", details_digest AS "detailsDigest", previous, hash`;

/** The audit trail. Records are appended, one after the other, and stay as they are. */
@Injectable()
export class AuditTrailRepository {
  constructor(@InjectDatabase('metrics') private readonly database: DataSource) {}

  /** Appends those that are not in the trail yet. Replicas wait for each other, so the chain is one. */
  append(source: string, events: readonly AuditEvent[]): Promise<void> {
    return transact(this.database, async (manager) => {
      const head = await headOf(manager, 'FOR UPDATE');
      const known = await manager.query<{ id: string }[]>(
        'SELECT event_id AS id FROM metrics.audit_records WHERE event_id = ANY($1::uuid[])',
        [events.map(({ id }) => id)],
      );
      const ids = new Set(known.map(({ id }) => id));
      let last = head;
      const records = events
        .filter(({ id }) => !ids.has(id))
        .map((event) => {
          const record = chained(last, source, event);
          last = record;
          return record;
        });
      if (records.length === 0) return;
      await manager.query(INSERT, [JSON.stringify(records)]);
      await manager.query('UPDATE metrics.audit_head SET seq = $1, hash = $2', [last.seq, last.hash]);
    });
  }

  head(): Promise<Link> {
    return headOf(this.database.manager);
  }

  /** At most `count` after the first `skipped`, the newest first, those before `before` where a page has ended there. */
  find(filter: AuditFilter, count: number, before: number | null, skipped = 0): Promise<AuditRecord[]> {
    const { conditions, values } = conditionsOf(filter);
    if (before !== null) conditions.push(`seq < $${values.push(before)}`);
    return this.select(conditions, values, `ORDER BY seq DESC LIMIT ${count} OFFSET ${skipped}`);
  }

  /** At most `count`, the oldest first, those after `after`. */
  findFrom(filter: AuditFilter, count: number, after: number): Promise<AuditRecord[]> {
    const { conditions, values } = conditionsOf(filter);
    conditions.push(`seq > $${values.push(after)}`);
    return this.select(conditions, values, `ORDER BY seq LIMIT ${count}`);
  }

  async one(eventId: string): Promise<AuditRecord | null> {
    const [record] = await this.select(['event_id = $1'], [eventId], '');
    return record ?? null;
  }

  /**
   * Takes a person out of the trail, who is named in lower case: of what they did, who they are; of what was done to them, the details.
   * The chain stays as it is. Details are looked through for an address alone: any other name may be an ordinary word. Answers how many
   * records named the person. In pieces, of which each takes little time; what was done stays done where a later one fails.
   */
  async erase(person: string): Promise<number> {
    const { seq: last } = await this.head();
    let erased = 0;
    for (let after = 0; after < last; after += ERASED_AT_ONCE) erased += await this.erasePiece(person, after);
    return erased;
  }

  private async erasePiece(person: string, after: number): Promise<number> {
    const named = addressPattern(person);
    const [row] = await this.database.query<{ count: number }[]>(
      `WITH actors AS (
         SELECT seq, lower(actor->>'id') = $1 AS acted, details::text ~* $2::text AS told FROM metrics.audit_records
         WHERE seq > $3::bigint AND seq <= $3::bigint + ${ERASED_AT_ONCE} AND (lower(actor->>'id') = $1 OR details::text ~* $2::text)
       ), erased AS (
         UPDATE metrics.audit_records record SET
           actor = CASE WHEN acted THEN NULL ELSE actor END, actor_salt = CASE WHEN acted THEN NULL ELSE actor_salt END,
           details = CASE WHEN told THEN NULL ELSE details END, details_salt = CASE WHEN told THEN NULL ELSE details_salt END
         FROM actors WHERE actors.seq = record.seq RETURNING 1
       ) SELECT count(*)::integer AS count FROM erased`,
      [person, named, after],
    );
    return row?.count ?? 0;
  }

  private select(conditions: readonly string[], values: unknown[], rest: string): Promise<AuditRecord[]> {
    const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
    return this.database.query(`SELECT ${COLUMNS} FROM metrics.audit_records ${where} ${rest}`, values);
  }
}

const INSERT = `
  INSERT INTO metrics.audit_records (seq, event_id, at, source, action, resource_type, actor, actor_salt, actor_digest,
    details, details_salt, details_digest, previous, hash)
  SELECT seq, "eventId", at, source, action, "resourceType", actor::json, "actorSalt", "actorDigest",
    details::json, "detailsSalt", "detailsDigest", previous, hash
  FROM json_to_recordset($1) AS record (seq bigint, "eventId" uuid, at timestamptz, source text, action text,
    "resourceType" text, actor text, "actorSalt" text, "actorDigest" text, details text, "detailsSalt" text,
    "detailsDigest" text, previous text, hash text)`;

const headOf = async (manager: EntityManager, lock = ''): Promise<Link> => {
  const [head] = await manager.query<Link[]>(
    `SELECT seq::double precision AS seq, hash FROM metrics.audit_head ${lock}`,
  );
  if (head === undefined) throw new Error('the audit trail has no head');
  return head;
};

const EQUAL = [
  ['source', 'source'],
  ['resourceType', 'resource_type'],
  ['actor', "lower(actor->>'id')"],
  ['resourceId', "details->>'resourceId'"],
  ['traceId', "actor->>'traceId'"],
] as const satisfies readonly (readonly [keyof AuditFilter, string])[];

const conditionsOf = (filter: AuditFilter): { conditions: string[]; values: unknown[] } => {
  const values: unknown[] = [];
  const conditions: string[] = [];
  const { since, until, actions, actionsNot, isSecurity } = filter;
  if (since !== undefined) conditions.push(`at >= $${values.push(since)}`);
  if (until !== undefined) conditions.push(`at < $${values.push(until)}`);
  if (actions !== undefined) conditions.push(`action = ANY($${values.push(actions)}::text[])`);
  if (actionsNot !== undefined) conditions.push(`action <> ALL($${values.push(actionsNot)}::text[])`);
  if (isSecurity !== undefined)
    conditions.push(`${isSecurity ? '' : 'NOT '}resource_type = ANY($${values.push(SECURITY_TYPES)}::text[])`);
  for (const [member, expression] of EQUAL) {
    const wanted = filter[member];
    if (wanted !== undefined) conditions.push(`${expression} = $${values.push(wanted)}`);
  }
  return { conditions, values };
};
