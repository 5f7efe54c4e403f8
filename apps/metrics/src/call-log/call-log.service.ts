import { Injectable } from '@nestjs/common';
import type { Principal } from '#contracts/auth/principal';
import { fail } from '#libs/errors';
import { holds } from '#libs/identity';
import { CallView, type CallsView } from './call.view.js';
import { type CallFilter, CallLogRepository, type CallRow } from './call-log.repository.js';
import type { CallFilterQuery, CallsQuery, ExportQuery } from './calls.query.js';
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

/**
 * Whose records a caller sees: everybody's with `admin.metrics` and every team, else their own; by a token that is narrowed
 * to less than its user may, those of this token.
 */
const visibleTo = (caller: Principal): Pick<CallFilter, 'principalId' | 'tokenId'> => {
  if (caller.teams === null && holds(caller, 'admin.metrics')) return {};
  return { principalId: caller.id, ...(caller.isNarrowed === true && { tokenId: caller.tokenId ?? '' }) };
};

/** Throws `auth.grant_missing` for calls that the caller does not see. */
const filterOf = (query: CallFilterQuery, caller: Principal): CallFilter => {
  const { since, until, user, token, server, upstream, code, client, minMs, outcome, method, name, address, traceId } =
    query;
  const { principalId = user, tokenId = token } = visibleTo(caller);
  if (user !== undefined && user !== principalId)
    throw fail('auth.grant_missing', {
      message: 'The calls of others are shown with the permission admin.metrics by a token that reaches every team',
    });
  if (token !== undefined && token !== tokenId)
    throw fail('auth.grant_missing', { message: 'A token that is narrowed shows its own calls alone' });
  return {
    sinceMs: since === undefined ? undefined : Date.parse(since),
    untilMs: until === undefined ? undefined : Date.parse(until),
    principalId,
    tokenId,
    serverId: server === 'mcp' ? null : server,
    upstreamId: upstream,
    method,
    name,
    outcomes: outcome,
    errorCode: code,
    clientName: client,
    address,
    traceId,
    latencyMsMin: minMs,
  };
};
