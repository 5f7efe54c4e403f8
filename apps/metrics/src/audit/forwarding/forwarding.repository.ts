import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { InjectDatabase } from '#libs/storage';

/** Longer than sending a batch may take. */
const LEASE_SECONDS = 60;

/** How far each destination has the trail. One replica at a time sends to it. */
@Injectable()
export class ForwardingRepository {
  constructor(@InjectDatabase('metrics') private readonly database: DataSource) {}

  /** The last record that it has; null where it has all, or another replica sends to it. */
  async claim(destination: string, by: string): Promise<number | null> {
    const rows = await this.database.query<{ seq: number }[]>(
      `INSERT INTO metrics.audit_forwarding AS known (destination, seq, leased_by, leased_until)
       VALUES ($1, 0, $2, now() + make_interval(secs => ${LEASE_SECONDS}))
       ON CONFLICT (destination) DO UPDATE SET leased_by = $2, leased_until = excluded.leased_until
       WHERE (known.leased_by = $2 OR known.leased_until < now())
         AND known.seq < (SELECT seq FROM metrics.audit_head)
       RETURNING seq::double precision AS seq`,
      [destination, by],
    );
    return rows[0]?.seq ?? null;
  }

  /** It has the trail up to there; whoever comes next may send. */
  async settle(destination: string, by: string, seq: number): Promise<void> {
    await this.database.query(
      `UPDATE metrics.audit_forwarding SET seq = greatest(seq, $3), leased_until = now() WHERE destination = $1 AND leased_by = $2`,
      [destination, by, seq],
    );
  }
}
