import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { InjectDatabase } from '#libs/storage';

/** Rows that one statement changes, so that none runs long. */
const ROWS = 5_000;

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
