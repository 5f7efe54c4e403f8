/**
 * A call as it travels through ingress. Each stage of the pipeline takes one type and gives the next, which has more
 * members and changes none: `WireCall → DecodedCall → AdmittedCall → ScopedCall → RoutedCall`.
 */
export { ABOUT } from './about.js';
export { CallAbort } from './call-abort.js';
export {
  type AdmittedCall,
  type CallTrace,
  type ClientRefusal,
  type DecodedCall,
  type Endpoint,
  type ParkedCallRetry,
  type RoutedCall,
  type ScopedCall,
  type WireCall,
} from './calls.js';
export { passableHeadersOf, passedHeadersOf } from './passed-headers.js';
export { subjectTokenOf } from './subject-token.js';
export { DEFAULT_LOG_LEVEL, type Session, type SessionRecord } from './session.js';
export { enterTrace } from './trace.js';
export { ToolArgumentsBody, ToolPlaceQuery } from './tool-arguments.body.js';
