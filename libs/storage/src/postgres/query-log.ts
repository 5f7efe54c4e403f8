import type { Logger as TypeormLogger } from 'typeorm';
import type { Logger } from '#libs/telemetry';

/** TypeORM's log lines, without the parameters: they hold what users keep here. */
export class QueryLog implements TypeormLogger {
  constructor(private readonly logger: Logger) {}

  logQuery(): void {}

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
