import type { Logger as TypeormLogger } from 'typeorm';
import type { Logger } from '#libs/telemetry';

/** Begins and ends transactions, or keeps the lines of the log: a line about that would be kept by another. */
const PLUMBING = /^\s*(?:START|BEGIN|SET|COMMIT|ROLLBACK|SAVEPOINT|RELEASE)\b|\bmetrics\.log_lines\b/i;
const QUERY_CHARS_MAX = 2_000;

/** TypeORM's log lines, without the parameters: they hold what users keep here. */
export class QueryLog implements TypeormLogger {
  constructor(private readonly logger: Logger) {}

  logQuery(): void {}

  /** Of a statement that has ended, well or not. */
  ran(query: string, timeMs: number): void {
    if (PLUMBING.test(query)) return;
    this.logger.info(
      { timeMs: Math.round(timeMs * 100) / 100, query: query.slice(0, QUERY_CHARS_MAX) },
      'a statement ran',
    );
  }

  logQueryError(error: string | Error, query: string): void {
    this.logger.debug({ err: error, query }, 'a statement failed');
  }

  logQuerySlow(timeMs: number, query: string): void {
    this.logger.warn({ timeMs, query }, 'a statement was slow');
  }

  logSchemaBuild(message: string): void {
    this.logger.debug(message);
  }

  logMigration(message: string): void {
    this.logger.info(message);
  }

  log(level: 'log' | 'info' | 'warn', message: unknown): void {
    this.logger[level === 'warn' ? 'warn' : 'debug'](String(message));
  }
}
