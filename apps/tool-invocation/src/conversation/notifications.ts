import { asObject, type IncomingNotification, changedListOf, isLogLevel, META_SUBSCRIPTION_ID } from '#libs/mcp';
import type { OpenCall } from '../call/open-call.js';
import type { LogFrame, PeerEvents } from './peer.js';

const TEXT_MAX = 4_096;
const DATA_BYTES_MAX = 262_144;

/** Passes progress on; anything malformed ends here. */
export const relayProgress = ({ params }: IncomingNotification, call: OpenCall): void => {
  const { progress, total, message } = params;
  if (typeof progress !== 'number') return;
  call.progress({
    kind: 'progress',
    progress,
    ...(typeof total === 'number' && { total }),
    ...(typeof message === 'string' && { message: message.slice(0, TEXT_MAX) }),
  });
};

/** The log message; `null` for a malformed one. */
export const logFrameOf = ({ params }: IncomingNotification): LogFrame | null => {
  const { level, logger, data } = params;
  if (!isLogLevel(level) || data === undefined || JSON.stringify(data).length > DATA_BYTES_MAX) return null;
  return { kind: 'log', level, ...(typeof logger === 'string' && { logger: logger.slice(0, TEXT_MAX) }), data };
};

/** Passes a log message on, where the client wants such messages; anything malformed ends here. */
export const relayLog = (message: IncomingNotification, call: OpenCall): void => {
  const frame = call.logLevel === undefined ? null : logFrameOf(message);
  if (frame !== null) call.log(frame);
};

/** Those that MCP defines are for the gateway, and go no further than it takes them. */
const DEFINED =
  /^notifications\/(?:cancelled|initialized|message|progress|elicitation\/.*|prompts\/.*|resources\/.*|roots\/.*|subscriptions\/.*|tasks|tasks\/.*|tools\/.*)$/;
const OTHER = /^notifications\/[\w./-]{1,128}$/;

/** Passes on what MCP does not define, with the call on whose stream it came. */
export const relayOther = (message: IncomingNotification, call: OpenCall): void => {
  const { method } = message;
  if (DEFINED.test(method) || !OTHER.test(method)) return;
  const { _meta: _hop, ...params } = message.params;
  if (JSON.stringify(params).length <= DATA_BYTES_MAX) call.other({ kind: 'notification', method, params });
};

/** Passes a change notification to the events. False when the message is none. */
export const announce = (
  method: string,
  params: Readonly<Record<string, unknown>>,
  events: Pick<PeerEvents, 'listChanged' | 'resourceUpdated'>,
): boolean => {
  const list = changedListOf(method);
  if (list !== undefined) events.listChanged(list);
  else if (method === 'notifications/resources/updated' && typeof params.uri === 'string')
    events.resourceUpdated(params.uri);
  else return false;
  return true;
};

/**
 * Takes what is said of a change elsewhere than on a subscription, as a hint. What bears the id of a subscription belongs
 * there, and counts for nothing here. False when the message is of no change.
 */
export const takeHint = ({ method, params }: IncomingNotification, events: PeerEvents): boolean => {
  if (asObject(params._meta)[META_SUBSCRIPTION_ID] !== undefined) return true;
  return announce(method, params, {
    listChanged: (list) => events.listChanged(list),
    resourceUpdated: (uri) => events.resourceHinted(uri),
  });
};
