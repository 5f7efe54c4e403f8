import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { Principal } from '#contracts/auth/principal';
import { type Bus, InjectBus } from '#libs/bus';
import { CatalogChanged, UpstreamChanged } from '#contracts/registry/catalog-changed.event';
import { InjectDatabase, transact } from '#libs/storage';
import { InjectLogger, type Logger } from '#libs/telemetry';
import { CatalogChange } from './catalog-change.js';

/** How long a REST answer waits for its announcement to leave; the broker may be away. */
const FLUSH_TIMEOUT_MS = 2_000;
const FOLLOW_TIMEOUT_MS = 1_000;
/** As many changes can a replica be behind and still be told what it lacks. */
export const CHANGES_KEPT = 1_000;

/** Part of a change: acts through `manager` alone, and tells `change` what it touches. */
export type PartOfChange = (manager: EntityManager, change: CatalogChange) => Promise<unknown>;

/**
 * Makes changes to the catalog. One at a time, across replicas: each holds the revision's row to its end, so what it
 * checked (names, conflicts) still holds when it commits, and revisions are committed in their order. Nothing that
 * waits for an upstream belongs in here.
 */
@Injectable()
export class CatalogChangesService {
  private readonly followers: ((revision: number) => Promise<unknown>)[] = [];

  constructor(
    @InjectDatabase('registry') private readonly database: DataSource,
    @InjectBus() private readonly bus: Bus,
    @InjectLogger() private readonly logger: Logger,
  ) {}

  /**
   * Commits, then announces; resolves with what `work` answered when every later list can know of the change. `work` may
   * run again after a deadlock or a serialisation failure, so it acts through `manager` alone. Rejects with what `work`
   * throws, with nothing committed.
   */
  async make<Result>(work: (manager: EntityManager, change: CatalogChange) => Promise<Result>): Promise<Result> {
    const { result, change, revision } = await transact(this.database, async (manager) => {
      await manager.query('SELECT value FROM registry.revision FOR UPDATE');
      const change = new CatalogChange(manager);
      const result = await work(manager, change);
      return { result, change, revision: change.lists.size > 0 ? await nextRevision(change, manager) : null };
    });
    await this.announce(change, revision);
    return result;
  }

  /** Tells the log what somebody did to an upstream. */
  tell({ id, name }: { readonly id: string; readonly name: string }, principal: Principal, what: string): void {
    this.logger.info({ upstreamId: id, upstream: name, principal: principal.id }, what);
  }

  /** Whoever keeps the catalog in memory reads a change before it is announced: who hears of it and asks does not wait. */
  followWith(follower: (revision: number) => Promise<unknown>): void {
    this.followers.push(follower);
  }

  private async announce(change: CatalogChange, revision: number | null): Promise<void> {
    for (const [upstreamId, kind] of change.upstreams) this.bus.publish(UpstreamChanged, { upstreamId, change: kind });
    if (revision !== null) {
      const following = Promise.all(this.followers.map((follow) => follow(revision)));
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
    if (revision === null && change.upstreams.size === 0) return;
    await Promise.race([this.bus.flush(), expiry(FLUSH_TIMEOUT_MS)]).catch((error: unknown) => {
      this.logger.warn({ err: error, revision }, 'a catalog change is committed but could not be announced');
    });
  }
}

/** Also notes what has changed, for whoever keeps a catalog in memory. Who is further behind than that reads it whole. */
const nextRevision = async (change: CatalogChange, manager: EntityManager): Promise<number> => {
  const [row]: [{ value: string }] = await manager.query(
    `WITH next AS (UPDATE registry.revision SET value = value + 1 RETURNING value),
          noted AS (INSERT INTO registry.change (revision, entry_ids, gateway_ids, server_ids)
                    SELECT value, $1, $2, $3 FROM next),
          forgotten AS (DELETE FROM registry.change WHERE revision <= (SELECT value FROM next) - $4)
     SELECT value FROM next`,
    [[...change.entryIds], [...change.upstreamIds], [...change.serverIds], CHANGES_KEPT],
  );
  return Number(row.value);
};

const expiry = (timeoutMs: number): Promise<never> =>
  new Promise((_, reject) => {
    setTimeout(() => reject(new Error(`not done within ${timeoutMs} ms`)), timeoutMs).unref();
  });
