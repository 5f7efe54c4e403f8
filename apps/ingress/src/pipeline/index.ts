import type { Bus } from '#libs/bus';
import type { CallShares } from '#libs/identity';
import type { Logger } from '#libs/telemetry';
import type { Admission } from '../admission/index.js';
import type { Catalogs } from '../catalog/index.js';
import type { CallJournal, Forwarder, RefusalJournal } from '../forwarding/index.js';
import type { Router } from '../routing/index.js';
import type { Seal } from '../sealing/index.js';
import type { Sessions } from '../sessions/index.js';
import type { ToolSearch } from '../tool-search/index.js';
import { Answering } from './answering.js';
import { SubscriptionListener } from './listen.js';
import { Pipeline } from './pipeline.js';

export { Pipeline } from './pipeline.js';

/** The rooms that the stages of the pipeline use. */
export interface PipelineDeps {
  readonly bus: Bus;
  readonly admission: Admission;
  readonly shares: CallShares;
  readonly router: Router;
  readonly forwarding: { readonly forwarder: Forwarder; readonly journal: CallJournal };
  readonly refusals: RefusalJournal;
  readonly sessions: Sessions;
  readonly catalogs: Catalogs;
  readonly seal: Seal;
  readonly toolSearch: ToolSearch;
  readonly logger: Logger;
  /** Whether each request has a line in the log. */
  readonly logsRequests: boolean;
}

/** Takes each call through its stages to its answer, in the order that `pipeline.ts` gives the reason for. */
export const openPipeline = (deps: PipelineDeps): Pipeline => {
  const { bus, admission, shares, router, forwarding, refusals, sessions, catalogs, seal } = deps;
  const { toolSearch, logger, logsRequests } = deps;
  const listener = new SubscriptionListener(sessions.feeds, catalogs, bus, seal);
  const answering = new Answering(sessions.store, sessions.streams.confirmation, listener, seal);
  const stages = { admission, shares, router, answering, ...forwarding, refusals, seal, toolSearch };
  return new Pipeline({ ...stages, logger, logsRequests });
};
