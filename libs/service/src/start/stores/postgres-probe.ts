import { Client } from 'pg';
import { connectionOf, type PostgresLocation } from '#libs/storage';
import { NotReady } from '../../readiness.js';

const CONNECT_TIMEOUT_MS = 5_000;
const QUERY_TIMEOUT_MS = 900;

/** Asks the database whether it is there and can be written to, over one connection kept for that. */
export class PostgresProbe {
  private client: Client | null = null;
  private closed = false;

  constructor(private readonly location: PostgresLocation) {}

  async check(): Promise<void> {
    const client = this.client ?? (await this.connect());
    try {
      const { rows } = await client.query<{ readonly mode: string }>(
        `select current_setting('transaction_read_only') as mode`,
      );
      if (rows[0]?.mode === 'on') throw new NotReady('takes reads alone');
    } catch (error) {
      // A standby that is promoted goes on on the same connection; a default that is changed is that of new ones.
      this.drop(client);
      throw error;
    }
  }

  async close(): Promise<void> {
    this.closed = true;
    const client = this.client;
    this.client = null;
    await client?.end().catch(() => undefined);
  }

  private async connect(): Promise<Client> {
    const client = new Client({
      ...connectionOf(this.location),
      application_name: 'switchyard-readiness',
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: QUERY_TIMEOUT_MS,
    });
    client.on('error', () => this.drop(client));
    try {
      await client.connect();
    } catch (error) {
      void client.end().catch(() => undefined);
      throw error;
    }
    if (this.closed) {
      await client.end();
      throw new Error('closed');
    }
    this.client = client;
    return client;
  }

  private drop(client: Client): void {
    if (this.client === client) this.client = null;
    void client.end().catch(() => undefined);
  }
}
