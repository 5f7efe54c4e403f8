import { Injectable } from '@nestjs/common';
import type { Principal } from '#contracts/auth/principal';
import { fail } from '#libs/errors';
import { filterOf, visibleTo } from './call-filter.js';
import { CallView, type CallsView } from './call.view.js';
import { type CallFilter, CallLogRepository, type CallRow } from './call-log.repository.js';
import type { CallsQuery, ExportQuery } from './calls.query.js';
import { readCursor, writeCursor } from './cursor.js';
import { headOf, writtenOut } from './written-out.js';

/** Records that one piece of an export holds. */
const PIECE_RECORDS = 1_000;

/** Shows call records, as far as a caller sees them. */
@Injectable()
export class CallLogService {
  constructor(private readonly calls: CallLogRepository) {}

  async page(query: CallsQuery, caller: Principal): Promise<CallsView> {
    const { limit, cursor } = query;
    const after = cursor === undefined ? null : readCursor(cursor);
    const rows = await this.calls.find(filterOf(query, caller), limit + 1, after);
    const last = rows.length > limit ? rows[limit - 1] : undefined;
    return {
      calls: rows.slice(0, limit).map((row) => new CallView(row)),
      nextCursor: last === undefined ? null : writeCursor(last),
    };
  }

  /** Throws `http.not_found` for one that is not there, and for one that the caller may not see. */
  async one(callId: string, caller: Principal): Promise<CallView> {
    const row = await this.calls.one(callId, visibleTo(caller));
    if (row === null) throw fail('http.not_found');
    return new CallView(row);
  }

  /**
   * In pieces, each of one query, so that no connection is held while the reader is slow. Resolves with the first at hand:
   * what cannot be read at all fails before an answer begins.
   */
  async export(query: ExportQuery, caller: Principal): Promise<AsyncGenerator<string>> {
    const filter = filterOf(query, caller);
    const first = await this.calls.find(filter, Math.min(query.limit, PIECE_RECORDS), null);
    return this.pieces(query, filter, first);
  }

  private async *pieces(
    { format, limit }: ExportQuery,
    filter: CallFilter,
    first: readonly CallRow[],
  ): AsyncGenerator<string> {
    yield headOf(format);
    let left = limit;
    for (let rows = first; ; rows = await this.calls.find(filter, Math.min(left, PIECE_RECORDS), rows.at(-1) ?? null)) {
      const views = rows.map((row) => new CallView(row));
      yield writtenOut(views, format);
      left -= rows.length;
      if (left === 0 || rows.length < PIECE_RECORDS) return;
    }
  }
}
