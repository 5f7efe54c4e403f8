import { Inject } from '@nestjs/common';
import pino from 'pino';
import { maskText, redactMembers } from './redaction.js';
import { currentTrace } from './tracing/trace.js';

/** A logger of pino, whose calls take an object of fields and a message. */
export type Logger = pino.Logger;

/** The levels of the log, most severe first; `silent` writes nothing. */
export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
/** One of `LOG_LEVELS`. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Whether a word names a level of the log. */
export const isLogLevel = (word: string): word is LogLevel => (LOG_LEVELS as readonly string[]).includes(word);

/** Whose log it is, from which level on, and where its lines go. */
export interface LoggerOptions {
  readonly service: string;
  readonly level: LogLevel;
  /** Where the lines go; standard output unless told. */
  readonly to?: 'stdout' | 'stderr';
  readonly destination?: pino.DestinationStream;
}

/** The process' logger: one JSON object per line. Nothing reaches the line before `redaction.ts` has seen it. */
export const createLogger = ({ service, level, to = 'stdout', destination }: LoggerOptions): Logger => {
  const logger: Logger = pino(
    {
      level,
      base: { service, pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { err: (error: unknown) => error },
      formatters: { level: (label) => ({ level: label }), log: redactMembers },
      mixin: () => {
        const trace = currentTrace();
        return trace === undefined ? {} : { correlationId: trace.correlationId, traceId: trace.traceId };
      },
      hooks: {
        logMethod(args, method) {
          method.apply(this, maskArguments(args) as Parameters<typeof method>);
        },
      },
    },
    destination ?? pino.destination(to === 'stdout' ? 1 : 2),
  );
  // Pino's own formatter of bindings is not called for children; they inherit this.
  // oxlint-disable-next-line typescript/unbound-method -- called with the `this` of each child
  const { child } = logger;
  return Object.assign(logger, {
    child(this: Logger, bindings: pino.Bindings, options?: pino.ChildLoggerOptions): Logger {
      return Reflect.apply(child, this, [redactMembers(bindings), options]);
    },
  });
};

const maskArguments = (args: readonly unknown[]): unknown[] => {
  const [first, ...others] = args;
  const masked = others.map((other) => (typeof other === 'string' ? maskText(other) : other));
  if (first instanceof Error)
    return [{ err: first }, masked.length > 0 ? masked[0] : maskText(first.message), ...masked.slice(1)];
  return [typeof first === 'string' ? maskText(first) : first, ...masked];
};

/** The injection token of the process' `Logger`. */
export const LOGGER = Symbol('LOGGER');
/** Injects the process' `Logger`. */
export const InjectLogger = (): ParameterDecorator & PropertyDecorator => Inject(LOGGER);
