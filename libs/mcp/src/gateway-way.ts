/**
 * What gateways tell each other of the way of a call. Each that a call goes through puts its own id behind those that
 * were there, so that one that a call comes back to knows it.
 */

/** In `_meta` of a request: the gateways it came through, first one first. In `_meta` of a definition: nearest first. */
export const VIA_META = 'switchyard/via';

/** In `_meta` of the answer to `initialize` and `server/discover`: the id of the gateway that answers. */
export const GATEWAY_META = 'switchyard/gateway';

/** So many gateways are named at most. */
const VIA_MAX = 32;

/** Whether a text can be the id of a gateway: 1 to 64 characters of A-Z a-z 0-9 . _ - */
export const isGatewayId = (value: unknown): value is string =>
  typeof value === 'string' && /^[A-Za-z0-9._-]{1,64}$/.test(value);

/** The gateways that a `switchyard/via` names; `null` where it is not what one looks like. Absent: none. */
export const readVia = (value: unknown): readonly string[] | null => {
  if (value === undefined) return [];
  return Array.isArray(value) && value.length <= VIA_MAX && value.every(isGatewayId) ? value : null;
};
