import { fail } from '#libs/errors';
import {
  type ListKind,
  isObject,
  isPlainName,
  relayableCapabilities,
  resultAroundStart,
  resultInParts,
  resultMessage,
  isLogLevel,
} from '#libs/mcp';
import { ABOUT, type ScopedCall } from '../call/index.js';
import { CARRIED_EXTENSIONS, type CatalogView, type ListPage } from '../catalog/index.js';
import { type CursorScope, type Seal, readCursor, writeCursor } from '../sealing/index.js';
import type { SessionStore, SubscriptionConfirmation } from '../sessions/index.js';
import type { SubscriptionListener } from './listen.js';

const SESSION_URIS_MAX = 1_000;

/** The requests that the gateway answers itself: lists, discovery, sessions, log levels, subscriptions. */
export class Answering {
  constructor(
    private readonly sessions: SessionStore,
    private readonly confirmation: SubscriptionConfirmation,
    private readonly listener: SubscriptionListener,
    private readonly seal: Seal,
  ) {}

  async answer(call: ScopedCall): Promise<void> {
    const { operation, codec, view } = call;
    switch (operation.does) {
      case 'list':
        return finishList(call, this.list(call, operation.list));
      case 'ping':
        return finish(call, codec.emptyResult(ABOUT));
      case 'discover':
        return finish(call, codec.greeting(view.capabilities, ABOUT, view.age('about')));
      case 'initialize':
        return this.initialize(call);
      case 'set-level':
        return this.setLevel(call);
      case 'subscribe':
      case 'unsubscribe':
        return this.subscribe(call, operation.does);
      case 'listen':
        return this.listener.listen(call);
      case 'call':
        throw fail('platform.internal');
    }
  }

  private list(call: ScopedCall, list: ListKind): ListPage {
    const { view, codec, principal, endpoint, request } = call;
    const scope: CursorScope = { list, serverId: endpoint.serverId, principalId: principal.id };
    const entries = view[list];
    const from = readCursor(this.seal, scope, request.params.value['cursor'], entries.length, (at) =>
      entryId(view, list, at),
    );
    return view.page(list, codec, from, (next) => writeCursor(this.seal, scope, next, entryId(view, list, next - 1)));
  }

  private async initialize(call: ScopedCall): Promise<void> {
    const { request, codec, principal, endpoint, view, reply } = call;
    const { protocolVersion, capabilities, clientInfo } = request.params.value;
    if (typeof protocolVersion !== 'string')
      throw fail('mcp.params_invalid', { message: 'protocolVersion must be a string' });
    const greeting = resultMessage(request.idText, codec.greeting(view.capabilities, ABOUT, view.age('about')));
    if (call.face === 'rpc') return reply.finish(greeting, 200);
    const declared = isObject(capabilities) ? capabilities : {};
    const session = await this.sessions.open({
      principalId: principal.id,
      serverId: endpoint.serverId,
      revision: codec.revision,
      client: {
        info: isObject(clientInfo) ? clientInfo : null,
        capabilities: relayableCapabilities(declared, codec.serverRequests, CARRIED_EXTENSIONS),
      },
      logLevel: null,
      uris: [],
    });
    reply.finish(greeting, 200, { 'Mcp-Session-Id': session.id });
  }

  private async setLevel(call: ScopedCall): Promise<void> {
    const { level } = call.request.params.value;
    if (!isLogLevel(level)) throw fail('mcp.params_invalid', { message: 'Unknown log level' });
    if (call.session !== null) await this.sessions.update(call.session.id, () => ({ logLevel: level }));
    finish(call, call.codec.emptyResult(ABOUT));
  }

  private async subscribe(call: ScopedCall, does: 'subscribe' | 'unsubscribe'): Promise<void> {
    const { uri } = call.request.params.value;
    if (typeof uri !== 'string' || !isPlainName(uri))
      throw fail('mcp.params_invalid', { message: 'uri must be a string' });
    if (does === 'subscribe') {
      const place = call.catalog.resource(uri, call.principal);
      if (place === undefined) throw fail('registry.resource_unknown', { data: { uri } });
      if (!call.view.hasSubscriptions(place.upstreamId))
        throw fail('mcp.method_unknown', { message: 'The upstream of this resource has no subscriptions' });
    }
    if (call.session !== null) {
      await this.sessions.update(call.session.id, ({ uris }) => {
        const others = uris.filter((other) => other !== uri);
        if (does === 'unsubscribe') return { uris: others };
        if (others.length >= SESSION_URIS_MAX) throw fail('mcp.params_invalid', { message: 'Too many subscriptions' });
        return { uris: [...others, uri] };
      });
      if (does === 'subscribe') await this.confirmation.of(call.session);
    }
    finish(call, call.codec.emptyResult(ABOUT));
  }
}

/** Compressed, what differs from answer to answer stands behind what does not. */
const finishList = ({ reply, request }: ScopedCall, { start, end, compressed }: ListPage): void => {
  const message = resultInParts(request.idText, [start, end]);
  reply.finish(message, 200, undefined, { ...resultAroundStart(request.idText, start, end), compressed });
};

const finish = (call: ScopedCall, result: string): void =>
  call.reply.finish(resultMessage(call.request.idText, result), 200);

const entryId = (view: CatalogView, list: ListKind, at: number): string => {
  switch (list) {
    case 'resources':
      return view.resources[at]?.uri ?? '';
    case 'resourceTemplates':
      return view.resourceTemplates[at]?.uriTemplate ?? '';
    default:
      return view[list][at]?.name ?? '';
  }
};
