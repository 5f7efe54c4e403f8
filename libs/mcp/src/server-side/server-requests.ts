import { withMembers } from '../json/members.js';
import type { ServerRequestSupport } from './codec.js';
import { isObject } from '../json/is-object.js';

/** The requests an upstream may have put to the client. https://modelcontextprotocol.io/specification/2026-07-28/basic/patterns/mrtr */
export type ServerRequestMethod = 'elicitation/create' | 'sampling/createMessage' | 'roots/list';

/** Whether a method is one that an upstream may have put to the client. */
export const isServerRequestMethod = (method: unknown): method is ServerRequestMethod =>
  method === 'elicitation/create' || method === 'sampling/createMessage' || method === 'roots/list';

/** Tells a session's client that what it visited a URL for is done. */
export const ELICITATION_COMPLETE = 'notifications/elicitation/complete';

type Capabilities = Readonly<Record<string, unknown>>;

/** What a client that declared `capabilities` in this revision can be asked; the rest of them stays with the gateway. */
export const relayableCapabilities = (
  capabilities: Capabilities,
  requests: ServerRequestSupport | null,
  extensions: readonly string[],
): Capabilities => {
  const relayed: Record<string, unknown> = {};
  const { elicitation, sampling, roots } = capabilities;
  if (isObject(sampling)) relayed['sampling'] = sampling;
  if (isObject(roots)) relayed['roots'] = {};
  if (isObject(elicitation)) {
    const modes = requests === null ? elicitation : elicitationIn(elicitation, requests);
    if (modes !== null) relayed['elicitation'] = modes;
  }
  const declared = capabilities['extensions'];
  if (isObject(declared)) {
    const carried = extensions.filter((name) => Object.hasOwn(declared, name)).map((name) => [name, declared[name]]);
    if (carried.length > 0) relayed['extensions'] = Object.fromEntries(carried);
  }
  return relayed;
};

const elicitationIn = (declared: Capabilities, requests: ServerRequestSupport): Capabilities | null => {
  if (!requests.elicitationModes.includes('form')) return null;
  return requests.elicitationModes.includes('url') ? declared : {};
};

/** May a client with these (relayable) capabilities be asked this? An empty `elicitation` means forms alone. */
export const canAnswer = (capabilities: Capabilities, method: ServerRequestMethod, params: unknown): boolean => {
  if (method === 'roots/list') return isObject(capabilities['roots']);
  if (method === 'sampling/createMessage') return isObject(capabilities['sampling']);
  const { elicitation } = capabilities;
  if (!isObject(elicitation)) return false;
  const url = isObject(params) && params['mode'] === 'url';
  return url
    ? Object.hasOwn(elicitation, 'url')
    : Object.hasOwn(elicitation, 'form') || !Object.hasOwn(elicitation, 'url');
};

/** A server request as a session's client reads it; url elicitations had an id of their own there. */
export const serverRequestParams = (
  method: ServerRequestMethod,
  paramsText: string,
  params: unknown,
  requestId: string,
): string => {
  const needsId = method === 'elicitation/create' && isObject(params) && params['mode'] === 'url';
  return needsId && !Object.hasOwn(params, 'elicitationId')
    ? withMembers(paramsText, { elicitationId: JSON.stringify(requestId) })
    : paramsText;
};
