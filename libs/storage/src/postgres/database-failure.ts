import { GatewayError, fail } from '#libs/errors';

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
const REPEATABLE = new Set(['40001', '40P01']);
/** 25006: a server that takes reads alone, as a standby does, or one whose disk is nearly full. */
const UNAVAILABLE = /^(08|53|57P|25P0[34]|25006|57014|55P03)/;
const NOT_IN_REPERTOIRE = '22021';
const CONNECTION_LOST =
  /^(timeout expired|Connection terminated|Client has encountered a connection error|Query read timeout)/;

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';

/** A table has become another since the statement was prepared, as a migration has it. */
export const isPlanOutdated = (error: unknown): boolean =>
  codeOf(error) === '0A000' && (error as Error).message.startsWith('cached plan must not change result type');

/** A deadlock, a serialisation failure or an outdated plan: the transaction was undone, and may be run again. */
export const isRepeatable = (error: unknown): boolean => REPEATABLE.has(codeOf(error)) || isPlanOutdated(error);

const LOCK_NOT_AVAILABLE = '55P03';

/** Somebody else has what the transaction wanted: it was undone, and may be run again. */
export const isLocked = (error: unknown): boolean => isRepeatable(error) || codeOf(error) === LOCK_NOT_AVAILABLE;

/**
 * `platform.not_ready` for what is the database's fault and passes (gone, full, too slow, locked); null for the rest
 * (a broken constraint, a wrong statement), which is somebody else's.
 */
export const databaseFailure = (error: unknown): GatewayError | null => {
  if (error instanceof GatewayError) return error;
  const code = codeOf(error);
  // Looked for by a name with U+0000, which is in no text that is kept here.
  if (code === NOT_IN_REPERTOIRE) return fail('registry.unknown', { cause: error });
  // TypeORM releases a runner whose connection is lost, and names only that.
  const lost =
    error instanceof Error && (CONNECTION_LOST.test(error.message) || error.name === 'QueryRunnerAlreadyReleasedError');
  const refused = /^E(CONN|PIPE|HOST|NET|TIMEDOUT|NOENT|NOTFOUND|AI_AGAIN)/.test(code);
  if (!lost && !refused && !UNAVAILABLE.test(code) && !isRepeatable(error)) return null;
  return fail('platform.not_ready', { message: 'The database is unavailable', cause: error });
};
