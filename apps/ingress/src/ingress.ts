import { SealingKeysAnnounced } from '#contracts/ingress/keys-announced.signal';
import type { Bus } from '#libs/bus';
import type { CallerAdmission, CallShares, ClientAddress } from '#libs/identity';
import { Heartbeat } from '#libs/mcp-http';
import type { Outbox } from '#libs/outbox';
import { type Compressor, ReplicaKeys, type ReplicaLine, type RequestPlaces } from '#libs/service';
import type { Cache } from '#libs/storage';
import type { Logger } from '#libs/telemetry';
import { Admission, ResourceServer, callerAdmitter } from './admission/index.js';
import { ABOUT } from './call/index.js';
import { openCatalog } from './catalog/index.js';
import { Console } from './console/index.js';
import { openFaces } from './faces/index.js';
import { RefusalJournal, RefusalLog, openForwarding } from './forwarding/index.js';
import type { IngressSettings } from './ingress.settings.js';
import { openPipeline } from './pipeline/index.js';
import { Router } from './routing/index.js';
import { Seal } from './sealing/index.js';
import { openSessions, watchStreams } from './sessions/index.js';
import { ToolSearch } from './tool-search/index.js';

/** What the process gives ingress to work with. */
export interface IngressDeps {
  readonly bus: Bus;
  readonly cache: Cache;
  readonly callers: CallerAdmission;
  readonly shares: CallShares;
  readonly addressOf: ClientAddress;
  readonly outbox: Pick<Outbox, 'settle'>;
  readonly logger: Logger;
  readonly places: RequestPlaces;
  readonly compressor: Compressor;
}

/** Ingress, put together from its rooms: the pipeline, what it works with, and the faces before it. */
export const openIngress = (settings: IngressSettings, deps: IngressDeps) => {
  const seal = new Seal(...settings.sealSecrets);
  const heartbeat = new Heartbeat();
  const { publicUrl, issuers } = settings.signIn;
  const resourceServer = publicUrl === null || issuers.length === 0 ? null : new ResourceServer(publicUrl, issuers);
  const admitCaller = callerAdmitter(deps.callers, resourceServer, deps.addressOf);

  const catalog = openCatalog(settings, { ...deps, about: ABOUT });
  const { catalogs, links } = catalog;
  const sessions = openSessions(settings, { ...deps, catalogs, admitCaller, heartbeat });

  const admission = new Admission(admitCaller, sessions.store, settings.sessions.required, resourceServer);
  const routing = { seal, timeoutMs: settings.callTimeoutMs, hopsMax: settings.hopsMax, addressOf: deps.addressOf };
  const router = new Router(catalogs, links, sessions.ownLists, routing);
  const told = new RefusalLog(deps.logger);
  const forwarding = openForwarding(settings, { ...deps, links, sessions, told });
  const refusals = new RefusalJournal(deps.outbox, deps.callers, deps.addressOf, told, settings.refusalRecords);
  const toolSearch = new ToolSearch(settings.toolSearchTokensMax);
  const { logsRequests } = settings;
  const parts = { admission, router, forwarding, refusals, sessions, catalogs, seal, toolSearch, logsRequests };
  const pipeline = openPipeline({ ...deps, ...parts });

  const { bus } = deps;
  const line: ReplicaLine = {
    publish: (announcement) => bus.signal(SealingKeysAnnounced, announcement),
    subscribe: (handler) => bus.subscribe(SealingKeysAnnounced, handler),
  };
  const keys = new ReplicaKeys(bus, line, { STATE_SECRET: settings.sealSecrets }, deps.logger);
  const faces = openFaces(settings, {
    ...deps,
    router,
    pipeline,
    refusals,
    admission,
    resourceServer,
    sessions,
    catalogs,
    seal,
    heartbeat,
  });
  const unwatch = watchStreams(() => ({
    sessionStreams: sessions.streams.size,
    connections: faces.connections,
    feeds: sessions.feeds.size,
  }));
  return {
    faces: [...faces.all, ...(settings.hasConsole ? [new Console(publicUrl)] : [])],
    router,
    pipeline,
    hasConsole: settings.hasConsole,
    upgrade: faces.upgrade,
    /** What other replicas have otherwise; `null`: nothing. */
    keysWarning: (): string | null => keys.warning(),
    /** Open streams get their last message and end; calls in hand go on, but for those that wait for a person. */
    stopStreams: async (): Promise<void> => {
      await Promise.all([faces.stop(), sessions.stop()]);
    },
    close: (): void => {
      unwatch();
      for (const part of [keys, faces, sessions, forwarding, catalog, heartbeat]) part.close();
    },
  };
};

export type Ingress = ReturnType<typeof openIngress>;
