import type { LoggerService } from '@nestjs/common';
import type { Logger } from './logger.js';

/** Gives Nest's own lines to our logger. Its start-up chatter is of interest only while debugging. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, ...rest: unknown[]): void {
    this.logger.debug({ context: contextOf(rest) }, textOf(message));
  }

  error(message: unknown, ...rest: unknown[]): void {
    if (message instanceof Error) this.logger.error({ err: message, context: contextOf(rest) }, message.message);
    else
      this.logger.error({ context: contextOf(rest), detail: rest.length > 1 ? rest[0] : undefined }, textOf(message));
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.logger.warn({ context: contextOf(rest) }, textOf(message));
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.logger.debug({ context: contextOf(rest) }, textOf(message));
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.logger.trace({ context: contextOf(rest) }, textOf(message));
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.logger.fatal({ context: contextOf(rest) }, textOf(message));
  }
}

const textOf = (message: unknown): string =>
  typeof message === 'string' ? message : (JSON.stringify(message) ?? String(message));
const contextOf = (rest: readonly unknown[]): unknown => rest.at(-1);
