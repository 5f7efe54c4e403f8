export {
  ELICITATION_COMPLETE,
  serverRequestParams,
  canAnswer,
  isServerRequestMethod,
  relayableCapabilities,
} from './server-requests.js';
export type { ServerRequestMethod } from './server-requests.js';
export type {
  CacheHints,
  Envelope,
  ForwardedMethod,
  HttpError,
  NeutralResult,
  ServerCapabilities,
  Operation,
  ServerCodec,
} from './codec.js';
export { negotiateRevision, serverCodec } from './codecs.js';
export { renamedContents } from './content-uri.js';
export { checkLegacyVersion, eraOf } from './era.js';
export { toRpcError } from './failures.js';
export { checkParamMirrors } from './header-mirror.js';
export type { MirroredParam } from './header-mirror.js';
export { singleHeaderValue } from './header-value.js';
export type { HeaderBag } from './header-value.js';
export { editParams, isPlainName, paramText, readBody } from './message.js';
export type {
  Batch,
  ClientMessage,
  ClientNotification,
  ClientRequest,
  ClientResponse,
  InvalidMessage,
  Params,
} from './message.js';
export { readRequestMeta } from './request-meta.js';
export type { RequestMeta } from './request-meta.js';
export {
  appendMembers,
  bytesOf,
  errorMessage,
  joined,
  notificationMessage,
  requestMessage,
  resultAroundStart,
  resultInParts,
  resultMessage,
} from './text.js';
export type { JsonParts, RpcError } from './text.js';
