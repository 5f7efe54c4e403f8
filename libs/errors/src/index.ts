export { catalogue, isFailureCode } from './catalogue.js';
export type { Failure, FailureCode } from './catalogue.js';
export { GatewayError, fail, fromEnvelope, toEnvelope, notExecuted, toGatewayError } from './gateway-error.js';
export type { Executed, FailureDetails, FailureEnvelope } from './gateway-error.js';
