import { type IncomingNotification, changedListOf, isLogLevel } from '#libs/mcp';
import type { OpenCall } from '../call/open-call.js';
import type { PeerEvents } from './peer.js';

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

/** Passes a log message on, where the client wants such messages; anything malformed ends here. */
export const relayLog = ({ params }: IncomingNotification, call: OpenCall): void => {
  const { level, logger, data } = params;
  if (call.logLevel === undefined || !isLogLevel(level)) return;
  if (data === undefined || JSON.stringify(data).length > DATA_BYTES_MAX) return;
  call.log({ kind: 'log', level, ...(typeof logger === 'string' && { logger: logger.slice(0, TEXT_MAX) }), data });
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
export const announce = (method: string, params: Readonly<Record<string, unknown>>, events: PeerEvents): boolean => {
  const list = changedListOf(method);
  if (list !== undefined) events.listChanged(list);
  else if (method === 'notifications/resources/updated' && typeof params.uri === 'string')
    events.resourceUpdated(params.uri);
  else return false;
  return true;
};
