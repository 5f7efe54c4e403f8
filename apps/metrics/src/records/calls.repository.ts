import { Injectable } from '@nestjs/common';
import { DataSource, QueryFailedError } from 'typeorm';
import { InjectDatabase } from '#libs/storage';
import { type CallColumns, literalsOf } from './call-columns.js';
import { WRITE_CALLS } from './write-calls.sql.js';

/** Why a batch was not written; without the statement and the batch, which would fill the log. */
export class WriteFailure extends Error {
  override readonly name = 'WriteFailure';
  /** https://www.postgresql.org/docs/current/errcodes-appendix.html */
  readonly code: string;

  constructor(failure: QueryFailedError) {
    super(failure.message);
    const { code } = failure.driverError as { code?: unknown };
    this.code = typeof code === 'string' ? code : '';
  }

  /** A data exception, a broken constraint, a limit. */
  get isAboutData(): boolean {
    return /^(22|23|54)/.test(this.code);
  }
}

@Injectable()
export class CallsRepository {
  constructor(@InjectDatabase('metrics') private readonly database: DataSource) {}

  /** Writes records that are distinct by call id; answers the ids of those that were known before. */
  async write(columns: CallColumns): Promise<Set<string>> {
    try {
      const rows = await this.database.query<{ callId: string }[]>(WRITE_CALLS, literalsOf(columns));
      return new Set(rows.map((row) => row.callId));
    } catch (error) {
      throw error instanceof QueryFailedError ? new WriteFailure(error) : error;
    }
  }

  /** Keeps what the tables refuse, for a person to look at. */
  async keepRefused(record: unknown, reason: string): Promise<void> {
    await this.database.query('INSERT INTO metrics.refused_records (reason, record) VALUES ($1, $2)', [
      reason.slice(0, 500),
      (JSON.stringify(record) ?? 'undefined').replaceAll('\\u0000', '\\ufffd').slice(0, 20_000),
    ]);
  }
}
