import type { DataSource, MigrationInterface, QueryRunner } from 'typeorm';
import type { Logger } from '#libs/telemetry';
import { openDatabase } from '../../postgres/database.js';
import type { PostgresLocation } from '../../postgres/location.js';

export interface KeptEntry {
  readonly value: string;
  readonly expiresAtMs: number;
}

const SCHEMA = 'cache';

class KeptEntries1764288000000 implements MigrationInterface {
  name = 'KeptEntries1764288000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `CREATE TABLE ${SCHEMA}.kept_entry (key text PRIMARY KEY, value text NOT NULL, expires_at timestamptz NOT NULL)`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE ${SCHEMA}.kept_entry`);
  }
}

/**
 * A table of entries that outlive the process. Changes are written in their order, those that come together in one go.
 * One that cannot be written fails nobody, and is written with the next.
 */
export class KeptEntries {
  private changes = new Map<string, KeptEntry | null>();
  private next: Promise<void> | null = null;
  private last: Promise<void> = Promise.resolve();

  private constructor(
    private readonly database: DataSource,
    private readonly logger: Logger,
  ) {}

  static async open(location: PostgresLocation, logger: Logger): Promise<KeptEntries> {
    const migrations = [KeptEntries1764288000000];
    const pool = { poolSize: 1, poolOverflow: 0 };
    return new KeptEntries(
      await openDatabase({ location, schema: SCHEMA, entities: [], migrations, pool, logger }),
      logger,
    );
  }

  /** Those that have not ended; the others are removed. */
  async readAll(): Promise<ReadonlyMap<string, KeptEntry>> {
    await this.database.query(`DELETE FROM ${SCHEMA}.kept_entry WHERE expires_at <= $1`, [new Date()]);
    const rows: { key: string; value: string; expires_at: Date }[] = await this.database.query(
      `SELECT key, value, expires_at FROM ${SCHEMA}.kept_entry`,
    );
    return new Map(rows.map(({ key, value, expires_at }) => [key, { value, expiresAtMs: expires_at.getTime() }]));
  }

  /** Resolves when the change is in the table, or could not be written; `null` removes the entry. */
  change(key: string, entry: KeptEntry | null): Promise<void> {
    this.changes.set(key, entry);
    this.next ??= this.last = this.last.then(() => this.write());
    return this.next;
  }

  async close(): Promise<void> {
    await this.last;
    if (this.changes.size > 0) await this.write();
    await this.database.destroy();
  }

  private async write(): Promise<void> {
    const { changes } = this;
    this.changes = new Map();
    this.next = null;
    try {
      await this.put([...changes].flatMap(([key, entry]) => (entry === null ? [] : [{ key, ...entry }])));
      await this.remove([...changes].flatMap(([key, entry]) => (entry === null ? [key] : [])));
    } catch (error) {
      this.logger.warn({ err: error }, 'what outlives a restart cannot be written now');
      for (const [key, entry] of changes) if (!this.changes.has(key)) this.changes.set(key, entry);
    }
  }

  private async put(entries: readonly (KeptEntry & { readonly key: string })[]): Promise<void> {
    if (entries.length === 0) return;
    await this.database.query(
      `INSERT INTO ${SCHEMA}.kept_entry (key, value, expires_at)
       SELECT * FROM unnest($1::text[], $2::text[], $3::timestamptz[])
       ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at`,
      [
        entries.map(({ key }) => key),
        entries.map(({ value }) => value),
        entries.map(({ expiresAtMs }) => new Date(expiresAtMs)),
      ],
    );
  }

  private async remove(keys: readonly string[]): Promise<void> {
    if (keys.length > 0) await this.database.query(`DELETE FROM ${SCHEMA}.kept_entry WHERE key = ANY($1)`, [keys]);
  }
}
