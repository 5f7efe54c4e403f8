/** The levels of log messages, least severe first. https://modelcontextprotocol.io/specification/2025-11-25/server/utilities/logging */
export const LOG_LEVELS = ['debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency'] as const;

/** One of `LOG_LEVELS`. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Whether a value is a level of MCP. */
export const isLogLevel = (value: unknown): value is LogLevel => (LOG_LEVELS as readonly unknown[]).includes(value);

/** Whether a message of this level is wanted by whoever wants those from `wanted` on. */
export const isAtLeast = (level: LogLevel, wanted: LogLevel): boolean =>
  LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf(wanted);
