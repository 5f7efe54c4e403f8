export {
  ALL_CAPABILITIES,
  APPS,
  APP_MIME_TYPE,
  askProblem,
  canBeAsked,
  capabilityKey,
  isSafeUrl,
  sessionCapabilities,
} from './capabilities.js';
export { EventStreamReader } from './event-stream.js';
export type { EventStreamLimits, StreamEvent } from './event-stream.js';
export { readDefinition } from './definition/definition.js';
export type { ReadDefinition, RefusedDefinition } from './definition/definition.js';
export { tellsOfHiddenText } from './definition/shown-text.js';
export { headerMirrorsOf, mirrorHeaders } from './header-params.js';
export type { HeaderMirror } from './header-params.js';
export { encodeHeaderValue } from './header-value.js';
export { assertRelayable, notifiedParams, readIncoming, readMessages } from './incoming.js';
export type {
  Incoming,
  IncomingError,
  IncomingNotification,
  IncomingRequest,
  IncomingResult,
  Stray,
} from './incoming.js';
export { LongResult } from './long-result.js';
export * from './meta.js';
export { errorText, notificationText, requestText, resultText, withMeta, withMetaText } from './outgoing.js';
export { cacheHintOf, itemTexts, resultBody, resultHead, taskParts } from './result-parts.js';
export type { ResultHead } from './result-parts.js';
export { linksIn, resourceLinksOf } from './resource-links.js';
