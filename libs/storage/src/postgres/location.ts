import type { ClientConfig } from 'pg';
import type { PostgresSettings } from './postgres.config.js';

/** Where PostgreSQL is: a server by URL, or the embedded one by the directory of its Unix socket. */
export type PostgresLocation = ({ readonly url: string } | { readonly socketDir: string }) & {
  /** How connections to it are kept; what is absent has the default of `postgresOptions`. */
  readonly settings?: Partial<PostgresSettings>;
};

export const EMBEDDED_USER = 'postgres';
export const EMBEDDED_DATABASE = 'postgres';
/** No TCP port: it only names the socket file, `.s.PGSQL.5432`. */
export const EMBEDDED_PORT = 5432;

/** The location as `pg` (and whoever hands options to `pg`, like BullMQ) takes it. */
export const connectionOf = (location: PostgresLocation): ClientConfig =>
  'url' in location
    ? { connectionString: location.url }
    : { host: location.socketDir, port: EMBEDDED_PORT, user: EMBEDDED_USER, database: EMBEDDED_DATABASE };
