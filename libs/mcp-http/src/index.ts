/**
 * MCP over HTTP, byte for byte: what every server of Streamable HTTP does alike, whoever answers behind it. Ingress and
 * `switchyard expose` are built on it. It knows nothing of sessions, catalogs or calls.
 * https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#streamable-http
 */
export { BodyReader, type BodyLimits, type BodyReceiver } from './body-reader.js';
export type { SharedAnswer } from './compressed-answer.js';
export { Heartbeat, type Beating } from './heartbeat.js';
export { HttpReply, type ReplySettings } from './http-reply.js';
export { answerEmpty, answerJson, unsentOf } from './json-answer.js';
export { acceptsEventStream, checkAccept, checkContentType } from './media-type.js';
export { OriginGuard } from './origin-guard.js';
export { type RefusalAnswer, refusalAnswer, refusalHeaders, refusalText } from './refusal.js';
export type { Reply } from './reply.js';
export type { ResumableStream } from './resumable-stream.js';
export { SseStream, type SseSettings, retryPeriodMs } from './sse-stream.js';
