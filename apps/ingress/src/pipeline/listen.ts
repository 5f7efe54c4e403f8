import type { Bus } from '#libs/bus';
import type { CatalogList } from '#contracts/registry/catalog-changed.event';
import { fail } from '#libs/errors';
import { holds } from '#libs/identity';
import {
  appendMembers,
  isObject,
  isPlainName,
  notificationMessage,
  relayableCapabilities,
  resultMessage,
  singleHeaderValue,
  CATALOG_LISTS,
} from '#libs/mcp';
import { ABOUT, type ScopedCall, passedHeadersOf, subjectTokenOf } from '../call/index.js';
import { type Catalogs, MODERN_EXTENSIONS } from '../catalog/index.js';
import { canSeeTask, findTask, requireTasksDeclared } from '../routing/index.js';
import type { Seal, TaskPlace } from '../sealing/index.js';
import type { ChangeFeeds, Feed } from '../sessions/index.js';
import { TaskWatch } from './task-watch.js';

const SUBSCRIPTION_KEY = 'io.modelcontextprotocol/subscriptionId';
const SERVER_INFO_KEY = 'io.modelcontextprotocol/serverInfo';
const URIS_MAX = 1_000;
const TASKS_MAX = 100;
const EARLY_MAX = 1_000;

/**
 * Answers `subscriptions/listen`: acknowledges what it will notify of, and does so until the client leaves or the gateway
 * stops. Every message carries the client's own request id, in its own type.
 * https://modelcontextprotocol.io/specification/2026-07-28/basic/utilities/subscriptions
 */
export class SubscriptionListener {
  constructor(
    private readonly feeds: ChangeFeeds,
    private readonly catalogs: Catalogs,
    private readonly bus: Bus,
    private readonly seal: Seal,
  ) {}

  async listen(call: ScopedCall): Promise<void> {
    const { reply, request, abort, principal } = call;
    if (!reply.streams) throw fail('http.not_acceptable');
    const { honoured, lists, uris, tasks } = honour(call, this.seal);
    let watch: TaskWatch | null = null;
    const subscription = `"${SUBSCRIPTION_KEY}":${request.idText}`;
    /** What comes before the acknowledgement waits for it. */
    let early: Set<string> | null = new Set();
    const send = (message: string): void => {
      if (early === null) void reply.send(message);
      else if (early.size < EARLY_MAX) early.add(message);
    };
    const feed = await this.feeds.open(
      {
        carrier: call.carrier,
        serverId: call.endpoint.serverId,
        era: 'modern',
        lists,
        capabilities: capabilitiesOf(call),
        notify: (method, params) => {
          const rest = JSON.stringify(params).slice(1);
          send(notificationMessage(method, `{"_meta":{${subscription}}${rest === '}' ? '' : ','}${rest}`));
        },
        end: () => {
          watch?.close();
          const meta = `{${subscription},"${SERVER_INFO_KEY}":${ABOUT}}`;
          reply.finish(resultMessage(request.idText, `{"resultType":"complete","_meta":${meta}}`), 200);
        },
      },
      principal,
    );
    if (abort.aborted) return feed.close();
    abort.addEventListener('abort', () => {
      feed.close();
      watch?.close();
      reply.abandon();
    });
    reply.hold();
    feed.follow(uris, { session: null, capabilities: capabilitiesOf(call) });
    await feed.confirmed();
    if (abort.aborted) return;
    const acknowledged = `{"_meta":{${subscription}},"notifications":${JSON.stringify(honoured)}}`;
    void reply.send(notificationMessage('notifications/subscriptions/acknowledged', acknowledged));
    for (const message of early) void reply.send(message);
    early = null;
    if (tasks.size === 0) return;
    watch = this.watchTasks(call, feed, (task) => {
      const params = appendMembers(task, `"_meta":{${subscription}}`);
      void reply.send(notificationMessage('notifications/tasks', params));
    });
    watch.follow(tasks);
  }

  private watchTasks(call: ScopedCall, feed: Feed, changed: (task: string) => void): TaskWatch {
    const { envelope, codec, endpoint } = call;
    const capabilities = capabilitiesOf(call);
    return new TaskWatch(this.bus, {
      principal: () => feed.principal,
      client: { info: envelope?.info ?? null, capabilities, revision: codec.revision },
      passedHeaders: (upstreamId) => passedHeadersOf(call, upstreamId),
      subjectToken: (upstreamId) => subjectTokenOf({ catalog: call.catalog, principal: feed.principal }, upstreamId),
      admits: async (place) => {
        const catalog = await this.catalogs.of(endpoint.serverId);
        return canSeeTask(place, catalog.inEra('modern'), feed.principal);
      },
      changed,
    });
  }
}

const capabilitiesOf = ({ envelope }: ScopedCall) =>
  relayableCapabilities(envelope?.capabilities ?? {}, null, MODERN_EXTENSIONS);

interface Honoured {
  readonly honoured: Readonly<Record<string, unknown>>;
  readonly lists: readonly CatalogList[];
  readonly uris: readonly string[];
  readonly tasks: ReadonlyMap<string, TaskPlace>;
}

/** The part of the request that can be honoured here. */
const honour = (call: ScopedCall, seal: Seal): Honoured => {
  const { request, catalog, view, principal, headers } = call;
  const { notifications } = request.params.value;
  if (!isObject(notifications)) throw fail('mcp.params_invalid', { message: 'notifications must be an object' });
  if (singleHeaderValue(headers ?? {}, 'accept') === 'application/json') throw fail('http.not_acceptable');
  const honoured: Record<string, unknown> = {};
  const lists: CatalogList[] = [];
  for (const list of CATALOG_LISTS) {
    const name = `${list}ListChanged`;
    if (notifications[name] !== true) continue;
    honoured[name] = true;
    lists.push(list);
  }
  const tasks = honourTasks(call, seal, notifications['taskIds']);
  if (tasks.size > 0) honoured['taskIds'] = [...tasks.keys()];
  const wanted = notifications['resourceSubscriptions'];
  if (wanted === undefined) return { honoured, lists, uris: [], tasks };
  if (
    !Array.isArray(wanted) ||
    wanted.length > URIS_MAX ||
    !wanted.every((uri) => typeof uri === 'string' && isPlainName(uri))
  ) {
    throw fail('mcp.params_invalid', { message: `resourceSubscriptions must be an array of at most ${URIS_MAX} URIs` });
  }
  const uris = (wanted as string[]).filter((uri) => {
    const place = catalog.resource(uri, principal);
    return place !== undefined && view.hasSubscriptions(place.upstreamId);
  });
  if (uris.length > 0) honoured['resourceSubscriptions'] = uris;
  return { honoured, lists, uris, tasks };
};

/** What is no task of this caller is left out; to ask for any without the extension is an error. */
const honourTasks = (call: ScopedCall, seal: Seal, wanted: unknown): ReadonlyMap<string, TaskPlace> => {
  const tasks = new Map<string, TaskPlace>();
  if (wanted === undefined) return tasks;
  requireTasksDeclared(call);
  if (!Array.isArray(wanted) || wanted.length > TASKS_MAX)
    throw fail('mcp.params_invalid', { message: `taskIds must be an array of at most ${TASKS_MAX} ids` });
  if (!holds(call.principal, 'tools.execute')) return tasks;
  for (const taskId of wanted) {
    const place = findTask(seal, call, taskId);
    if (place !== null) tasks.set(taskId as string, place);
  }
  return tasks;
};
