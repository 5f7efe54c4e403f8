import { Injectable } from '@nestjs/common';
import type { Principal } from '#contracts/auth/principal';
import { fail } from '#libs/errors';
import { AuditCollector } from './audit-collector.service.js';
import { type AuditFilter, AuditTrailRepository } from './audit-trail.repository.js';
import type { AuditExportQuery, AuditFilterQuery, AuditQuery, AuditVerifyQuery } from './audit.query.js';
import { type AuditPageView, AuditRecordView, type AuditVerdictView, ProvenRecordView } from './audit.view.js';
import { GENESIS, type Link, faultAfter } from './chain.js';

/** Records that are read at once. */
const PIECE_RECORDS = 1_000;

/** Shows the audit trail, and whether it is as it was written. */
@Injectable()
export class AuditLogService {
  private verifying: Promise<AuditVerdictView> | undefined;

  constructor(
    private readonly trail: AuditTrailRepository,
    private readonly collector: AuditCollector,
  ) {}

  async page(query: AuditQuery, caller: Principal): Promise<AuditPageView> {
    checkSeesAll(caller);
    const before = query.cursor === undefined ? null : readCursor(query.cursor);
    const behind = await this.collector.collect();
    const records = await this.trail.find(filterOf(query), query.limit + 1, before);
    const last = records.length > query.limit ? records[query.limit - 1] : undefined;
    return {
      records: records.slice(0, query.limit).map((record) => new AuditRecordView(record)),
      nextCursor: last === undefined ? null : writeCursor(last.seq),
      behind,
    };
  }

  /** Throws `http.not_found`. */
  async one(id: string, caller: Principal): Promise<ProvenRecordView> {
    checkSeesAll(caller);
    const record = UUID.test(id) ? await this.trail.one(id) : null;
    if (record === null) throw fail('http.not_found');
    return new ProvenRecordView(record);
  }

  /** The oldest first, a JSON object a line; in pieces, so that no connection is held while the reader is slow. */
  async export(query: AuditExportQuery, caller: Principal): Promise<AsyncGenerator<string>> {
    checkSeesAll(caller);
    await this.collector.collect();
    return this.pieces(filterOf(query), query.limit);
  }

  private async *pieces(filter: AuditFilter, limit: number): AsyncGenerator<string> {
    for (let after = 0, left = limit; left > 0; ) {
      const count = Math.min(left, PIECE_RECORDS);
      const records = await this.trail.findFrom(filter, count, after);
      yield records.map((record) => `${JSON.stringify(new ProvenRecordView(record))}\n`).join('');
      left -= records.length;
      if (records.length < count) return;
      after = records.at(-1)?.seq ?? after;
    }
  }

  /** The whole chain, or from a record on that was noted before. One at a time; others are told to come back. */
  async verify({ seq, hash }: AuditVerifyQuery, caller: Principal): Promise<AuditVerdictView> {
    checkSeesAll(caller);
    if ((seq === undefined) !== (hash === undefined))
      throw fail('http.invalid', { message: 'seq and hash belong together' });
    if (this.verifying !== undefined) throw fail('http.overloaded', { message: 'The audit trail is being verified' });
    const noted = seq === undefined || hash === undefined ? null : { seq, hash };
    this.verifying = this.collector.collect().then(() => this.verifyFrom(noted));
    return this.verifying.finally(() => {
      this.verifying = undefined;
    });
  }

  private async verifyFrom(noted: Link | null): Promise<AuditVerdictView> {
    const head = await this.trail.head();
    const from = noted ?? GENESIS;
    let [last, records, erased] = [from, 0, 0];
    const broken = (at: number, fault: string): AuditVerdictView => ({
      intact: false,
      records,
      erased,
      brokenAt: at,
      fault,
      head,
    });
    if (noted !== null && noted.seq > 0) {
      const [known] = await this.trail.findFrom({}, 1, noted.seq - 1);
      if (known?.seq !== noted.seq || known.hash !== noted.hash)
        return broken(noted.seq, 'the record is not the one that was noted');
    }
    while (last.seq < head.seq) {
      const piece = await this.trail.findFrom({}, PIECE_RECORDS, last.seq);
      for (const record of piece) {
        const fault = faultAfter(last, record);
        if (fault !== null) return broken(record.seq, fault);
        records += 1;
        if (record.actor === null || record.details === null) erased += 1;
        last = record;
        if (record.seq === head.seq && record.hash !== head.hash)
          return broken(head.seq, 'the last record is not the one that was written last');
      }
      if (piece.length === 0)
        return broken(last.seq + 1, `the records from ${last.seq + 1} to ${head.seq} are missing`);
    }
    return { intact: true, records, erased, brokenAt: null, fault: null, head };
  }
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The trail is not kept by team. */
export const checkSeesAll = (caller: Principal, what = 'The audit trail is'): void => {
  if (caller.teams !== null)
    throw fail('auth.grant_missing', { message: `${what} shown to tokens that reach every team` });
};

const filterOf = ({ action, category, ...query }: AuditFilterQuery): AuditFilter => ({
  ...query,
  actions: action,
  isSecurity: category === undefined ? undefined : category === 'security',
});

const writeCursor = (seq: number): string => Buffer.from(`audit ${seq}`).toString('base64url');

/** Throws `http.invalid` for what is no cursor of this list. */
const readCursor = (cursor: string): number => {
  const [, seq] = /^audit (\d{1,15})$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  if (seq === undefined || writeCursor(Number(seq)) !== cursor)
    throw fail('http.invalid', { message: 'The cursor is not one this list gave' });
  return Number(seq);
};
