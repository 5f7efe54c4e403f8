import type { GatewayError } from '#libs/errors';
import type { ForwardedMethod, HttpError } from '../../codec.js';
import { sessionError, sessionUpstreamError } from '../../session-errors.js';
import type { RpcError } from '../../text.js';

export const error = (failure: GatewayError): HttpError => sessionError(failure);

export const upstreamError = (method: ForwardedMethod, _target: string, failure: RpcError): HttpError =>
  sessionUpstreamError(method, failure);
