import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { Principal } from '#contracts/auth/principal';
import { type Bus, InjectBus } from '#libs/bus';
import { CatalogChanged, UpstreamChanged } from '#contracts/registry/catalog-changed.event';
import { StateChanged, type StateTopic } from '#contracts/registry/state-changed.event';
import { InjectDatabase, transact } from '#libs/storage';
import { InjectLogger, type Logger } from '#libs/telemetry';
import { CatalogChange } from './catalog-change.js';
import { KeptRowsService } from './kept-rows.service.js';

/** How long a REST answer waits for its announcement to leave; the broker may be away. */
const FLUSH_TIMEOUT_MS = 2_000;
const FOLLOW_TIMEOUT_MS = 1_000;
/** As many changes can a replica be behind and still be told what it lacks. */
export const CHANGES_KEPT = 1_000;

/** What one revision changed. */
export interface LoggedChange {
  readonly revision: number;
  readonly entryIds: readonly string[];
  /** Gateways any of whose entries may be other than before. */
  readonly gatewayIds: readonly string[];
  readonly serverIds: readonly string[];
}

/** Part of a change: acts through `manager` alone, and tells `change` what it touches. */
export type PartOfChange = (manager: EntityManager, change: CatalogChange) => Promise<unknown>;

/**
 * Makes changes to the catalog. One at a time, across replicas: each holds the revision's row to its end, so what it
 * checked (names, conflicts) still holds when it commits, and revisions are committed in their order. Nothing that
 * waits for an upstream belongs in here.
 */
@Injectable()
export class CatalogChangesService {
  private readonly followers: ((made: LoggedChange) => Promise<unknown>)[] = [];

  constructor(
    @InjectDatabase('registry') private readonly database: DataSource,
    @InjectBus() private readonly bus: Bus,
    @InjectLogger() private readonly logger: Logger,
    private readonly kept: KeptRowsService,
  ) {}

  /**
   * Commits, then announces; resolves with what `work` answered when every later list can know of the change. `work` may
   * run again after a deadlock or a serialisation failure, so it acts through `manager` alone. Rejects with what `work`
   * throws, with nothing committed.
   */
  async make<Result>(work: (manager: EntityManager, change: CatalogChange) => Promise<Result>): Promise<Result> {
    const made = transact(this.database, async (manager) => {
      await manager.query('SELECT value FROM registry.revision FOR UPDATE');
      const change = new CatalogChange(manager);
      const result = await work(manager, change);
      if (change.lists.size > 0) change.revision ??= await nextRevision(change, manager);
      return { result, change, revision: change.revision };
    });
    // Where it is not known whether it was committed, it may have been.
    const { result, change, revision } = await made.finally(() => this.kept.drop());
    await this.announce(change, revision);
    return result;
  }

  /** Whoever looks at the state of gateways may look again. */
  noteState(topic: StateTopic): void {
    this.kept.drop();
    this.bus.publish(StateChanged, { topic });
  }

  /** Tells the log what somebody did to an upstream. */
  tell({ id, name }: { readonly id: string; readonly name: string }, principal: Principal, what: string): void {
    this.logger.info({ upstreamId: id, upstream: name, principal: principal.id }, what);
  }

  /** Whoever keeps the catalog in memory reads a change before it is announced: who hears of it and asks does not wait. */
  followWith(follower: (made: LoggedChange) => Promise<unknown>): void {
    this.followers.push(follower);
  }

  private async announce(change: CatalogChange, revision: number | null): Promise<void> {
    for (const [upstreamId, kind] of change.upstreams) this.bus.publish(UpstreamChanged, { upstreamId, change: kind });
    if (revision !== null) {
      const made = { revision, ...namedBy(change) };
      const following = Promise.all(this.followers.map((follow) => follow(made)));
      await Promise.race([following, expiry(FOLLOW_TIMEOUT_MS)]).catch((error: unknown) => {
        this.logger.warn({ err: error, revision }, 'a catalog change is announced before it could be read here');
      });
      this.bus.publish(CatalogChanged, {
        revision,
        lists: [...change.lists],
        serverIds: change.allServerIds,
        upstreamIds: change.allUpstreamIds,
      });
    }
    this.noteState('catalog');
    await Promise.race([this.bus.flush(), expiry(FLUSH_TIMEOUT_MS)]).catch((error: unknown) => {
      this.logger.warn({ err: error, revision }, 'a catalog change is committed but could not be announced');
    });
  }
}

/** Also notes what has changed, for whoever keeps a catalog in memory. Who is further behind than that reads it whole. */
const nextRevision = async (change: CatalogChange, manager: EntityManager): Promise<number> => {
  const [row]: [{ value: string }] = await manager.query(`WITH ${NEXT_REVISION} SELECT value FROM next`, [
    ...parametersOf(change),
  ]);
  return Number(row.value);
};

/** In SQL, the parts of a `WITH` that count and note a change; `next` has its revision. The first four parameters are `parametersOf`. */
export const NEXT_REVISION = `next AS (UPDATE registry.revision SET value = value + 1 RETURNING value),
  noted AS (INSERT INTO registry.change (revision, entry_ids, gateway_ids, server_ids)
            SELECT value, $1::text[], $2::text[], $3::text[] FROM next),
  forgotten AS (DELETE FROM registry.change WHERE revision <= (SELECT value FROM next) - $4::bigint)`;

export const parametersOf = (change: CatalogChange): readonly unknown[] => {
  const { entryIds, gatewayIds, serverIds } = namedBy(change);
  return [entryIds, gatewayIds, serverIds, CHANGES_KEPT];
};

const namedBy = (change: CatalogChange): Omit<LoggedChange, 'revision'> => ({
  entryIds: [...change.entryIds],
  gatewayIds: [...change.upstreamIds],
  serverIds: [...change.serverIds],
});

const expiry = (timeoutMs: number): Promise<never> =>
  new Promise((_, reject) => {
    setTimeout(() => reject(new Error(`not done within ${timeoutMs} ms`)), timeoutMs).unref();
  });
