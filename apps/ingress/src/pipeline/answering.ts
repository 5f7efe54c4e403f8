import { fail } from '#libs/errors';
import { type ListKind, isObject, isPlainName, relayableCapabilities, resultMessage } from '#libs/mcp';
import { ABOUT } from '../call/about.js';
import { type PlacedCall, isLogLevel } from '../call/calls.js';
import { CARRIED_EXTENSIONS, type CatalogView } from '../catalog/catalog-view.js';
import { type CursorScope, readCursor, writeCursor } from '../sealing/cursor.js';
import type { Seal } from '../sealing/seal.js';
import type { SessionStore } from '../sessions/session-store.js';
import type { Listening } from './listen.js';

const SESSION_URIS_MAX = 1_000;

/** What the gateway answers itself. */
export class Answering {
  constructor(
    private readonly sessions: SessionStore,
    private readonly listening: Listening,
    private readonly seal: Seal,
  ) {}

  async answer(call: PlacedCall): Promise<void> {
    const { operation, codec, view } = call;
    switch (operation.does) {
      case 'list':
        return finish(call, this.list(call, operation.list));
      case 'ping':
        return finish(call, codec.emptyResult(ABOUT));
      case 'discover':
        return finish(call, codec.greeting(view.offer, ABOUT, view.age('about')));
      case 'initialize':
        return this.initialize(call);
      case 'set-level':
        return this.setLevel(call);
      case 'subscribe':
      case 'unsubscribe':
        return this.subscribe(call, operation.does);
      case 'listen':
        return this.listening.listen(call);
      case 'call':
        throw fail('platform.internal');
    }
  }

  private list(call: PlacedCall, list: ListKind): string {
    const { view, codec, principal, endpoint, request } = call;
    const scope: CursorScope = { list, serverId: endpoint.serverId, principalId: principal.id };
    const entries = view[list];
    const from = readCursor(this.seal, scope, request.params.value['cursor'], entries.length, (at) =>
      entryId(view, list, at),
    );
    return view.page(list, codec, from, (next) => writeCursor(this.seal, scope, next, entryId(view, list, next - 1)));
  }

  private async initialize(call: PlacedCall): Promise<void> {
    const { request, codec, principal, endpoint, view, reply } = call;
    const { protocolVersion, capabilities, clientInfo } = request.params.value;
    if (typeof protocolVersion !== 'string')
      throw fail('mcp.params_invalid', { message: 'protocolVersion must be a string' });
    const greeting = resultMessage(request.idText, codec.greeting(view.offer, ABOUT, view.age('about')));
    if (endpoint.face === 'rpc') return reply.finish(greeting, 200);
    const declared = isObject(capabilities) ? capabilities : {};
    const session = await this.sessions.open({
      principalId: principal.id,
      serverId: endpoint.serverId,
      revision: codec.revision,
      client: {
        info: isObject(clientInfo) ? clientInfo : null,
        capabilities: relayableCapabilities(declared, codec.asks, CARRIED_EXTENSIONS),
      },
      logLevel: null,
      uris: [],
    });
    reply.finish(greeting, 200, { 'Mcp-Session-Id': session.id });
  }

  private async setLevel(call: PlacedCall): Promise<void> {
    const { level } = call.request.params.value;
    if (!isLogLevel(level)) throw fail('mcp.params_invalid', { message: 'Unknown log level' });
    if (call.session !== null) await this.sessions.update(call.session.id, () => ({ logLevel: level }));
    finish(call, call.codec.emptyResult(ABOUT));
  }

  private async subscribe(call: PlacedCall, does: 'subscribe' | 'unsubscribe'): Promise<void> {
    const { uri } = call.request.params.value;
    if (typeof uri !== 'string' || !isPlainName(uri))
      throw fail('mcp.params_invalid', { message: 'uri must be a string' });
    if (does === 'subscribe' && call.catalog.resource(uri, call.principal) === undefined) {
      throw fail('registry.resource_unknown', { data: { uri } });
    }
    if (call.session !== null) {
      await this.sessions.update(call.session.id, ({ uris }) => {
        const others = uris.filter((other) => other !== uri);
        if (does === 'unsubscribe') return { uris: others };
        if (others.length >= SESSION_URIS_MAX) throw fail('mcp.params_invalid', { message: 'Too many subscriptions' });
        return { uris: [...others, uri] };
      });
    }
    finish(call, call.codec.emptyResult(ABOUT));
  }
}

const finish = (call: PlacedCall, result: string): void =>
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
