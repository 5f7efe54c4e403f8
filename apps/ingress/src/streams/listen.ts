import type { CatalogList } from '#contracts/registry/catalog-changed.event';
import { fail } from '#libs/errors';
import { isObject, isPlainName, notificationMessage, resultMessage, singleHeaderValue } from '#libs/mcp';
import { ABOUT } from '../about.js';
import type { PlacedCall } from '../calls.js';
import type { ChangeFeeds } from './change-feeds.js';

const SUBSCRIPTION_KEY = 'io.modelcontextprotocol/subscriptionId';
const SERVER_INFO_KEY = 'io.modelcontextprotocol/serverInfo';
const URIS_MAX = 1_000;

const LISTS: Readonly<Record<string, CatalogList>> = {
  toolsListChanged: 'tools',
  promptsListChanged: 'prompts',
  resourcesListChanged: 'resources',
};

/**
 * `subscriptions/listen`: says what it will tell of, tells of it until the client leaves or the gateway stops. Every
 * message carries the client's own request id, in its own type.
 * https://modelcontextprotocol.io/specification/2026-07-28/basic/utilities/subscriptions
 */
export class Listening {
  constructor(private readonly feeds: ChangeFeeds) {}

  async listen(call: PlacedCall): Promise<void> {
    const { reply, request, abort, principal } = call;
    const { honoured, lists, uris } = honour(call);
    const subscription = `"${SUBSCRIPTION_KEY}":${request.idText}`;
    const feed = await this.feeds.open(
      {
        carrier: call.carrier,
        serverId: call.endpoint.serverId,
        lists,
        uris: [],
        notify: (method, params) => {
          const rest = JSON.stringify(params).slice(1);
          void reply.send(notificationMessage(method, `{"_meta":{${subscription}}${rest === '}' ? '' : ','}${rest}`));
        },
        end: () => {
          const meta = `{${subscription},"${SERVER_INFO_KEY}":${ABOUT}}`;
          reply.finish(resultMessage(request.idText, `{"resultType":"complete","_meta":${meta}}`), 200);
        },
      },
      principal,
    );
    if (abort.signal.aborted) return feed.close();
    abort.signal.addEventListener('abort', () => {
      feed.close();
      reply.abandon();
    });
    reply.hold();
    const acknowledged = `{"_meta":{${subscription}},"notifications":${JSON.stringify(honoured)}}`;
    void reply.send(notificationMessage('notifications/subscriptions/acknowledged', acknowledged));
    feed.follow(uris);
  }
}

interface Honoured {
  readonly honoured: Readonly<Record<string, unknown>>;
  readonly lists: readonly CatalogList[];
  readonly uris: readonly string[];
}

/** The part of the wishes that can be met here. */
const honour = ({ request, catalog, view, principal, headers }: PlacedCall): Honoured => {
  const { notifications } = request.params.value;
  if (!isObject(notifications)) throw fail('mcp.params_invalid', { message: 'notifications must be an object' });
  if (singleHeaderValue(headers ?? {}, 'accept') === 'application/json') throw fail('http.not_acceptable');
  const honoured: Record<string, unknown> = {};
  const lists: CatalogList[] = [];
  for (const [wish, list] of Object.entries(LISTS)) {
    if (notifications[wish] !== true) continue;
    honoured[wish] = true;
    lists.push(list);
  }
  const wanted = notifications['resourceSubscriptions'];
  if (wanted === undefined) return { honoured, lists, uris: [] };
  if (
    !Array.isArray(wanted) ||
    wanted.length > URIS_MAX ||
    !wanted.every((uri) => typeof uri === 'string' && isPlainName(uri))
  ) {
    throw fail('mcp.params_invalid', { message: `resourceSubscriptions must be an array of at most ${URIS_MAX} URIs` });
  }
  const uris = view.offer.subscribe
    ? (wanted as string[]).filter((uri) => catalog.resource(uri, principal) !== undefined)
    : [];
  if (uris.length > 0) honoured['resourceSubscriptions'] = uris;
  return { honoured, lists, uris };
};
