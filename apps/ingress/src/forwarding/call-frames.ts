import type { Message } from '#libs/bus';
import type { CallFrame } from '#contracts/tool-invocation/execute-call.request';
import { ELICITATION_COMPLETE, notificationMessage, isAtLeast } from '#libs/mcp';
import type { RoutedCall } from '../call/index.js';

/**
 * Writes what comes before the answer to the client that asked for it: progress with its own token, only upwards; log
 * messages from its level on, and what its upstream tells in notifications of its own. Nothing when it asked for neither,
 * which no client with a session does.
 */
export const frameWriter = (call: RoutedCall): ((frame: Message<CallFrame>) => void | Promise<void>) => {
  const { reply, logLevel, codec } = call;
  const { progressTokenText } = call.meta;
  if (!reply.streams || (progressTokenText === null && logLevel === null))
    return ({ head }) => {
      if (head.kind === 'waits') reply.waits();
    };
  let reached = Number.NEGATIVE_INFINITY;
  return ({ head: frame }) => {
    if (frame.kind === 'waits') return reply.waits();
    if (frame.kind === 'later') return reply.pause(frame.afterMs);
    if (frame.kind === 'notification')
      return reply.send(notificationMessage(frame.method, JSON.stringify(frame.params)));
    if (frame.kind === 'elicitation-complete') {
      if (!codec.serverRequests.elicitationModes.includes('url')) return;
      return reply.send(
        notificationMessage(ELICITATION_COMPLETE, JSON.stringify({ elicitationId: frame.elicitationId })),
      );
    }
    if (frame.kind === 'log') {
      if (logLevel === null || !isAtLeast(frame.level, logLevel)) return;
      const { level, logger, data } = frame;
      return reply.send(notificationMessage('notifications/message', JSON.stringify({ level, logger, data })));
    }
    if (progressTokenText === null || !(frame.progress > reached)) return;
    reached = frame.progress;
    const { progress, total, message } = frame;
    const rest = JSON.stringify({ progress, total, message });
    return reply.send(
      notificationMessage('notifications/progress', `{"progressToken":${progressTokenText},${rest.slice(1)}`),
    );
  };
};
