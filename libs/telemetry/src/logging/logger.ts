import os from 'node:os';
import { Inject } from '@nestjs/common';
import pino from 'pino';
import { currentTrace } from '../tracing/trace.js';
import { prettyLine } from './pretty-lines.js';
import { maskText, redactMembers } from './redaction.js';
import { RepeatedLines } from './repeated-lines.js';
import { lineWritten } from './written-lines.js';

/** A logger of pino, whose calls take an object of fields and a message. */
export type Logger = pino.Logger;

/** The levels of the log, most severe first; `silent` writes nothing. */
export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
/** One of `LOG_LEVELS`. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Whether a word names a level of the log. */
export const isLogLevel = (word: string): word is LogLevel => (LOG_LEVELS as readonly string[]).includes(word);

/** How lines are written: one JSON object each, for people, or whatever suits where they go. */
export const LOG_FORMATS = ['auto', 'json', 'pretty'] as const;
/** One of `LOG_FORMATS`. */
export type LogFormat = (typeof LOG_FORMATS)[number];

/** This process among all of the gateway: in its log and in what it exports. */
export const INSTANCE = `${os.hostname()}-${process.pid}`;

/** Whose log it is, from which level on, and where its lines go. */
export interface LoggerOptions {
  readonly service: string;
  readonly level: LogLevel;
  /** Of the gateway. */
  readonly version?: string;
  /** `auto`: for people where the lines go to a terminal, else JSON. */
  readonly format?: LogFormat;
  /** Where the lines go; standard output unless told. */
  readonly to?: 'stdout' | 'stderr';
  readonly destination?: pino.DestinationStream;
}

const WARN = 40;
const FATAL = 60;

/**
 * The process' logger: one JSON object per line. Nothing reaches the line before `redaction.ts` has seen it. Of the same warning
 * or error one a minute is written, and how often it came.
 */
export const createLogger = (options: LoggerOptions): Logger => {
  const { service, level, version } = options;
  const repeats = new RepeatedLines();
  const logger: Logger = pino(
    {
      level,
      base: { service, instance: INSTANCE, ...(version !== undefined && { version }) },
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { err: (error: unknown) => error },
      formatters: { level: (label) => ({ level: label }), log: redactMembers },
      mixin: () => {
        const trace = currentTrace();
        return trace === undefined ? {} : { correlationId: trace.correlationId, traceId: trace.traceId };
      },
      hooks: {
        logMethod(args, method, lineLevel) {
          const write = (line: readonly unknown[]): void =>
            method.apply(this, maskArguments(line) as Parameters<typeof method>);
          const isCounted = lineLevel >= WARN && lineLevel < FATAL;
          if (!isCounted || repeats.isNew(lineLevel, args, (repeated) => write(withCount(args, repeated)))) write(args);
        },
      },
    },
    heard(options.destination ?? destinationOf(options)),
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

const destinationOf = ({ to = 'stdout', format = 'auto' }: LoggerOptions): pino.DestinationStream => {
  const fd = to === 'stdout' ? 1 : 2;
  const stream = to === 'stdout' ? process.stdout : process.stderr;
  const plain = pino.destination(fd);
  if (format === 'json' || (format === 'auto' && !stream.isTTY)) return plain;
  const isColoured = stream.isTTY && stream.hasColors();
  return { write: (line) => void plain.write(prettyLine(line, isColoured)) };
};

/** Whoever listens to the log gets each line as well. */
const heard = (destination: pino.DestinationStream): pino.DestinationStream => ({
  write: (line) => {
    destination.write(line);
    lineWritten(line);
  },
});

/** The same line, with how often it came. */
const withCount = ([first, ...others]: readonly unknown[], repeated: number): unknown[] => {
  if (first instanceof Error) return [{ err: first, repeated }, ...(others.length > 0 ? others : [first.message])];
  if (typeof first === 'object' && first !== null) return [{ ...first, repeated }, ...others];
  return [{ repeated }, first, ...others];
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
