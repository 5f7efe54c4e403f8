import {
  type IncomingNotification,
  META_SUBSCRIPTION_ID,
  notificationText,
  notifiedParams,
  relayedMeta,
  requestText,
  taskProblem,
  taskWithMeta,
  withMembers,
  withMeta,
} from '#libs/mcp';
import type { Channel } from '../../transport/channel.js';
import { nextRequestId } from '../request.js';
import { Exchange } from '../../transport/exchange.js';
import { modernHeaders, modernMeta } from './request.js';
import type { TaskListener } from '../peer.js';

const METHOD = 'subscriptions/listen';

type Json = Readonly<Record<string, unknown>>;

/** A `subscriptions/listen` of its own, since a filter cannot be changed and tasks come and go. */
export const followModernTasks = (channel: Channel, overHttp: boolean, listener: TaskListener): (() => void) => {
  const { taskIds, capabilities } = listener;
  const id = nextRequestId();
  const params = withMeta(JSON.stringify({ notifications: { taskIds } }), modernMeta(capabilities));
  const ended = (): void => listener.onEnd();
  const exchange: Exchange = new Exchange(id, requestText(id, METHOD, params), overHttp ? modernHeaders(METHOD) : [], {
    notified: (message) => {
      const { method, params: told } = message;
      if ((told._meta as Json | undefined)?.[META_SUBSCRIPTION_ID] !== id) return;
      if (method === 'notifications/subscriptions/acknowledged') listener.onAcknowledged(acknowledged(told, taskIds));
      else if (method === 'notifications/tasks' && taskProblem(told) === null)
        listener.onUpdate(told.taskId as string, taskText(message));
    },
    requested: () => {},
    answered: ended,
    failed: ended,
  });
  channel.request(exchange);
  return () => {
    if (exchange.settled) return;
    exchange.abandon();
    if (!overHttp) void channel.post(notificationText('notifications/cancelled', { requestId: id })).catch(() => {});
  };
};

const acknowledged = ({ notifications }: Json, wanted: readonly string[]): string[] => {
  const told = (notifications as Json | undefined)?.taskIds;
  return Array.isArray(told) ? wanted.filter((taskId) => told.includes(taskId)) : [];
};

const taskText = (message: IncomingNotification): string =>
  taskWithMeta(withMembers(notifiedParams(message), { _meta: null }), relayedMeta);
