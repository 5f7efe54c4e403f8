import type { IncomingNotification } from '#libs/mcp';
import { isLogLevel, type OpenCall } from '../call/open-call.js';

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

export const relayLog = ({ params }: IncomingNotification, call: OpenCall): void => {
  const { level, logger, data } = params;
  if (call.logLevel === undefined || !isLogLevel(level)) return;
  if (data === undefined || JSON.stringify(data).length > DATA_BYTES_MAX) return;
  call.log({ kind: 'log', level, ...(typeof logger === 'string' && { logger: logger.slice(0, TEXT_MAX) }), data });
};
