import { createHash, randomBytes } from 'node:crypto';
import type { AuditEvent } from '#contracts/audit-event';

/** The end of the chain so far: the number and the hash of its last record. */
export interface Link {
  readonly seq: number;
  readonly hash: string;
}

/** Before the first record. */
export const GENESIS: Link = { seq: 0, hash: '0'.repeat(64) };

/**
 * A record of the trail. What may name a person is in two parts, each a JSON text that the record has by its salted digest
 * alone: without the text and its salt the chain is as good as before, and nothing can be guessed from what is left.
 */
export interface AuditRecord extends Link {
  readonly eventId: string;
  /** ISO 8601, in milliseconds. */
  readonly at: string;
  /** The service that it happened in. */
  readonly source: string;
  readonly action: string;
  readonly resourceType: string;
  readonly actor: string | null;
  readonly actorSalt: string | null;
  readonly actorDigest: string;
  readonly details: string | null;
  readonly detailsSalt: string | null;
  readonly detailsDigest: string;
  /** The hash of the record before. */
  readonly previous: string;
}

/** Of an event, what names a thing and what of it is other; as `details` holds it. */
export type Details = Pick<AuditEvent, 'resourceId' | 'resourceName' | 'before' | 'after'>;

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

const digestOf = (salt: string, text: string): string => sha256(`${salt}\n${text}`);

type Hashed = Pick<
  AuditRecord,
  'previous' | 'seq' | 'eventId' | 'at' | 'source' | 'action' | 'resourceType' | 'actorDigest' | 'detailsDigest'
>;

const hashOf = (record: Hashed): string =>
  sha256(
    JSON.stringify([
      record.previous,
      record.seq,
      record.eventId,
      record.at,
      record.source,
      record.action,
      record.resourceType,
      record.actorDigest,
      record.detailsDigest,
    ]),
  );

/** The record of an event, after `last`. */
export const chained = (last: Link, source: string, event: AuditEvent): AuditRecord => {
  const { resourceId, resourceName, before, after } = event;
  const actor = JSON.stringify(event.actor);
  const details = JSON.stringify({ resourceId, resourceName, before, after } satisfies Details);
  const [actorSalt, detailsSalt] = [randomBytes(16).toString('hex'), randomBytes(16).toString('hex')];
  const record = {
    seq: last.seq + 1,
    previous: last.hash,
    eventId: event.id,
    at: event.at,
    source,
    action: event.action,
    resourceType: event.resourceType,
    actor,
    actorSalt,
    actorDigest: digestOf(actorSalt, actor),
    details,
    detailsSalt,
    detailsDigest: digestOf(detailsSalt, details),
  };
  return { ...record, hash: hashOf(record) };
};

/** What is wrong with a record by itself, in words; null for one that is as it was written, or partly erased. */
export const faultOf = (record: AuditRecord): string | null => {
  const { actor, actorSalt, actorDigest, details, detailsSalt, detailsDigest } = record;
  if (actor !== null && digestOf(actorSalt ?? '', actor) !== actorDigest) return 'who acted was changed';
  if (details !== null && digestOf(detailsSalt ?? '', details) !== detailsDigest) return 'what happened was changed';
  return hashOf(record) === record.hash ? null : 'the record was changed';
};

/** What is wrong with a record that comes next after `last`; null where nothing is. */
export const faultAfter = (last: Link, record: AuditRecord): string | null => {
  if (record.seq !== last.seq + 1) return `the records from ${last.seq + 1} to ${record.seq - 1} are missing`;
  return record.previous === last.hash ? faultOf(record) : 'the record before was exchanged';
};
