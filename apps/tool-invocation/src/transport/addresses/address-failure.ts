import { type GatewayError } from '#libs/errors';
import { AWAY, HttpRefusal } from '../http/refusal.js';
import { reasonOf } from '../reason.js';

const OF_ADDRESS = new Set<string>(['upstream.unreachable', 'upstream.refused', 'upstream.closed']);

/** Whether a failure says that there is nothing at the address that was tried, rather than that the request was no good. */
export const isOfAddress = ({ code, cause }: GatewayError): boolean =>
  cause instanceof HttpRefusal ? AWAY.has(cause.status) : OF_ADDRESS.has(code);

/** Whether the request may go to another address: nothing of it was sent, or it makes no difference how often it is. */
export const mayGoElsewhere = (error: GatewayError, isRepeatable: boolean): boolean =>
  isRepeatable || (error.executed === 'no' && !(error.cause instanceof HttpRefusal));

/** What is told of a failure of an address. */
export const addressReason = (error: GatewayError): string => {
  const reason = reasonOf(error);
  return reason === null ? error.message : `${error.message}: ${reason}`;
};
