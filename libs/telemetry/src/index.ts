export { InjectLogger, LOGGER, createLogger } from './logger.js';
export type { LogLevel, Logger, LoggerOptions } from './logger.js';
export { LOG_LEVELS } from './logger.js';
export { NestLogger } from './nest-logger.js';
export { maskText } from './redaction.js';
export { childTraceparent, currentTrace, runInTrace, traceIdOf } from './trace.js';
export type { Trace } from './trace.js';
export { httpRequestDuration, httpRequests, meter, watchProcess } from './instruments.js';
export { renderPrometheus } from './prometheus.js';
