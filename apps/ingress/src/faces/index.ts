import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Bus } from '#libs/bus';
import type { GatewayError } from '#libs/errors';
import type { CallShares, ClientAddress } from '#libs/identity';
import { BodyReader, Heartbeat, OriginGuard, type ReplySettings } from '#libs/mcp-http';
import type { Compressor, RequestPlaces } from '#libs/service';
import type { Cache } from '#libs/storage';
import type { Admission, ResourceServer } from '../admission/index.js';
import type { Catalogs } from '../catalog/index.js';
import type { IngressSettings } from '../ingress.settings.js';
import type { Pipeline } from '../pipeline/index.js';
import type { Router } from '../routing/index.js';
import type { Seal } from '../sealing/index.js';
import type { Sessions } from '../sessions/index.js';
import { A2a } from './a2a/a2a.js';
import { Connections } from './connection/connections.js';
import { connectionPathOf, mcpEndpointOf, rpcEndpointOf } from './endpoint.js';
import { type RefusalRecords, refuseExchange } from './http-exchange.js';
import { McpHttp } from './mcp-http/mcp-http.js';
import { McpSse } from './mcp-sse/mcp-sse.js';
import { McpWs } from './mcp-ws/mcp-ws.js';
import { Protocol } from './protocol/protocol.js';
import { ResourceMetadata, metadataEndpointOf } from './resource-metadata/resource-metadata.js';
import { Rpc } from './rpc/rpc.js';

/** A client protocol on the HTTP server. `handle` is true when the request is the face's own; it is then answered. */
export interface HttpFace {
  readonly handle: (request: IncomingMessage, response: ServerResponse) => boolean;
  /** True when the request is the face's own; it is then answered with the failure, in the face's words. */
  readonly refuse: (request: IncomingMessage, response: ServerResponse, failure: GatewayError) => boolean;
  /** The `route` of its requests in the metrics. */
  readonly label: string;
}

/** What the client protocols share. */
export interface FacesDeps extends Omit<RefusalRecords, 'correlates'> {
  readonly bus: Bus;
  readonly cache: Cache;
  readonly shares: CallShares;
  readonly router: Router;
  readonly pipeline: Pipeline;
  readonly admission: Admission;
  readonly resourceServer: ResourceServer | null;
  readonly sessions: Sessions;
  readonly catalogs: Catalogs;
  readonly seal: Seal;
  readonly heartbeat: Heartbeat;
  readonly places: RequestPlaces;
  readonly addressOf: ClientAddress;
  readonly compressor: Compressor;
}

const SECOND_MS = 1_000;
/** How often a call that waits is looked at in the time after which it becomes a stream. */
const TICKS_PER_WAIT = 4;

/**
 * The client protocols: bytes to calls and back. Each folder is one of them and knows none of the others; `connection/`
 * is what those share that keep one connection for everything.
 */
export const openFaces = (settings: IngressSettings, deps: FacesDeps) => {
  const { bus, pipeline, admission, sessions, catalogs, seal, heartbeat, places, refusals, logger } = deps;
  const { streams, bodies: limits } = settings;
  const { keepAliveMs, pollAfterMs } = streams;
  const waiting = new Heartbeat(Math.min(SECOND_MS, streams.afterMs / TICKS_PER_WAIT));
  const reply: ReplySettings = {
    heartbeat,
    keepAliveMs,
    releasePlace: (response) => places.releasePlace(response),
    lendPlace: (response) => places.lendPlace(response),
    takePlace: (response) => places.takePlace(response),
    correlates: settings.correlates,
    plainJson: true,
    waiting,
    patienceMs: streams.afterMs,
    pollAfterMs,
    compressor: deps.compressor,
  };
  const guard = new OriginGuard(settings.hostsAllowed, settings.originsAllowed);
  const bodies = new BodyReader(limits);
  const { store, serverRequests, calls, events, feeds } = sessions;
  const sessionReply = { ...reply, plainJson: streams.plainJson };
  const { correlates } = settings;
  const http = { guard, bodies, places, pipeline, admission, refusals, correlates, logger };
  const connections = new Connections(
    { pipeline, sessions: store, serverRequests, callsMax: settings.callsPerConnectionMax },
    catalogs,
    feeds,
  );
  const mcp = new McpHttp({
    ...http,
    sessions: store,
    streams: sessions.streams,
    events,
    calls,
    serverRequests,
    reply,
    sessionReply,
    sessionsRequired: settings.sessions.required,
  });
  const rpc = new Rpc({ ...http, reply, toolMethods: settings.toolMethods });
  const protocol = new Protocol(http);
  const metadata = new ResourceMetadata({ ...http, resourceServer: deps.resourceServer });
  const sse = new McpSse({
    bus,
    guard,
    bodies,
    places,
    admission,
    connections,
    seal,
    reply,
    addressOf: deps.addressOf,
    refusals,
    correlates,
    logger,
  });
  const sockets = new McpWs({
    guard,
    admission,
    connections,
    settings: reply,
    frameBytesMax: limits.bytesMax,
    refusals,
    correlates,
    logger,
  });
  const agents = new A2a(http, async () => {
    const [{ VirtualAgent }, { TaskAccess }, { TaskStore }] = await Promise.all([
      import('./a2a/virtual-agent.js'),
      import('./a2a/task-access.js'),
      import('./a2a/task-store.js'),
    ]);
    const { publicUrl } = settings.signIn;
    const tasks = new TaskStore(deps.cache);
    const access = new TaskAccess({ admission, catalogs, router: deps.router, shares: deps.shares, tasks });
    return new VirtualAgent({ ...http, catalogs, calls, tasks, access, reply, publicUrl });
  });
  const refuse: HttpFace['refuse'] = (request, response, failure) => {
    const { url = '', method } = request;
    const endpoint =
      mcpEndpointOf(url) ?? rpcEndpointOf(url, method) ?? connectionPathOf(url)?.endpoint ?? metadataEndpointOf(url);
    if (endpoint === null) return false;
    refuseExchange({ request, response, endpoint }, failure, null, http);
    return true;
  };
  const all: readonly HttpFace[] = [
    { handle: mcp.handle, label: 'mcp', refuse },
    { handle: rpc.handle, label: 'mcp', refuse },
    { handle: protocol.handle, label: 'protocol', refuse: protocol.refuseAny },
    { handle: sse.handle, label: 'sse', refuse },
    { handle: sockets.handle, label: 'ws', refuse },
    { handle: agents.handle, label: 'a2a', refuse: agents.refuseAny },
    { handle: metadata.handle, label: 'resource-metadata', refuse },
  ];
  return {
    all,
    upgrade: sockets.upgrade,
    /** Open connections that carry everything. */
    get connections(): number {
      return connections.size;
    },
    /** Takes no new connections; resolves when those that are open have ended. */
    stop: (): Promise<void> => connections.stop(),
    close: (): void => {
      connections.close();
      sse.close();
      waiting.close();
    },
  };
};
