import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { InjectDatabase } from '#libs/storage';
import { addressPattern } from '../audit/address-pattern.js';

/** Rows that one statement changes, so that none runs long. */
const ROWS = 5_000;

/** Where a piece ends, and how many of it were erased. */
interface LinePiece {
  readonly at: string;
  readonly instance: string;
  readonly seq: string;
  readonly erased: number;
}

const ERASE_LINES = `
  WITH piece AS (
    SELECT at, instance, seq, lower(principal) = $1 OR message ~* $2::text OR fields::text ~* $2::text AS is_told FROM metrics.log_lines
    WHERE at >= $3::timestamptz AND (at, instance, seq) > ($3::timestamptz, $4, $5::bigint) ORDER BY at, instance, seq LIMIT ${ROWS}
  ), erased AS (
    DELETE FROM metrics.log_lines line USING piece
    WHERE is_told AND line.at = piece.at AND line.instance = piece.instance AND line.seq = piece.seq RETURNING 1
  )
  SELECT at::text, instance, seq::text, (SELECT count(*)::integer FROM erased) AS erased FROM piece
  ORDER BY at DESC, instance DESC, seq DESC LIMIT 1`;

/** Takes a person out of the records; the calls stay, so that they count as before and do not count again. */
@Injectable()
export class ErasureRepository {
  constructor(@InjectDatabase('metrics') private readonly database: DataSource) {}

  /** Answers how many call records named the person. What was kept aside of the person is deleted. */
  async erase(principalId: string): Promise<number> {
    await this.database.query('DELETE FROM metrics.refused_records WHERE strpos(record, $1) > 0', [
      JSON.stringify(principalId),
    ]);
    const free = await this.eraseBatches(principalId, 'FOR UPDATE SKIP LOCKED');
    // Those that a writer held, in the order in which it takes them.
    return free + (await this.eraseBatches(principalId, 'FOR UPDATE', 'ORDER BY call_id'));
  }

  /**
   * Deletes lines of the log that are about the person, or have their e-mail address anywhere; answers how many. A name that is no
   * address may be an ordinary word. In pieces, of which each takes little time.
   */
  async eraseLines(person: string): Promise<number> {
    const address = addressPattern(person);
    let erased = 0;
    for (let after: LinePiece | undefined = { at: '-infinity', instance: '', seq: '0', erased: 0 }; ; ) {
      after = (
        await this.database.query<LinePiece[]>(ERASE_LINES, [person, address, after.at, after.instance, after.seq])
      )[0];
      if (after === undefined) return erased;
      erased += after.erased;
    }
  }

  private async eraseBatches(principalId: string, lock: string, order = ''): Promise<number> {
    const statement = `
      WITH chosen AS (
        SELECT call_id, started_at FROM metrics.calls WHERE principal_id = $1 ${order} LIMIT ${ROWS} ${lock}
      ), changed AS (
        UPDATE metrics.calls c SET principal_id = '', token_id = NULL, address = NULL, client_name = NULL,
          client_version = NULL, trace_id = NULL
        FROM chosen WHERE c.call_id = chosen.call_id AND c.started_at = chosen.started_at RETURNING 1
      ) SELECT count(*)::integer AS count FROM changed`;
    for (let erased = 0; ; ) {
      const [row] = await this.database.query<{ count: number }[]>(statement, [principalId]);
      const count = row?.count ?? 0;
      if (count === 0) return erased;
      erased += count;
    }
  }
}
