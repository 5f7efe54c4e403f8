/**
 * For a process under test a store is not away because the machine stood still for seconds. Scripts that measure, and tests of
 * a store that is away, have what is shipped.
 */
export const PATIENT_STORES: Readonly<Record<string, string>> =
  process.env['VITEST'] === undefined
    ? {}
    : {
        DB_POOL_TIMEOUT: '60',
        DB_STATEMENT_TIMEOUT_MS: '60000',
        DB_LOCK_TIMEOUT_MS: '30000',
        DB_IDLE_IN_TRANSACTION_TIMEOUT_MS: '60000',
        REDIS_SOCKET_TIMEOUT: '10',
        REDIS_SOCKET_CONNECT_TIMEOUT: '20',
      };
