import { Injectable } from '@nestjs/common';
import { CatalogChangesService } from '../changes/catalog-changes.service.js';
import { CatalogRepository, type ChangesSince } from './catalog.repository.js';
import { Snapshot } from './snapshot.js';

/**
 * All that is enabled, kept in memory by what the database notes of each change. Never behind a revision that somebody
 * knows of: whoever asks names it, or has the database asked.
 */
@Injectable()
export class KeptCatalogService {
  private snapshot: Snapshot | null = null;
  private underWay: Promise<Snapshot> | null = null;

  constructor(
    private readonly catalogs: CatalogRepository,
    changes: CatalogChangesService,
  ) {
    changes.followWith(async (revision) => this.snapshot && this.at(revision));
  }

  /** Holds the revision that was heard of; without one, whatever was committed before the question. */
  async at(heard: number | undefined): Promise<Snapshot> {
    const held = this.snapshot;
    if (held !== null && heard !== undefined && heard <= held.revision) return held;
    // A reading that has begun may have begun before the change that the asker knows of.
    await this.underWay?.catch(() => undefined);
    const now = this.snapshot;
    if (now !== null && heard !== undefined && heard <= now.revision) return now;
    this.underWay ??= this.follow().finally(() => (this.underWay = null));
    return this.underWay;
  }

  private async follow(): Promise<Snapshot> {
    const held = this.snapshot;
    if (held === null) return this.read();
    const since = await this.catalogs.readChanges(held.revision);
    if (since.revision === held.revision) return held;
    if (!isWithoutGap(held.revision, since)) return this.read();
    const { revision, changes } = since;
    const ids = (of: 'entryIds' | 'gatewayIds'): string[] => [...new Set(changes.flatMap((change) => change[of]))];
    const named = { entryIds: ids('entryIds'), gatewayIds: ids('gatewayIds') };
    held.apply(changes, await this.catalogs.readNamed(revision, named));
    return held;
  }

  private async read(): Promise<Snapshot> {
    this.snapshot = new Snapshot(await this.catalogs.readWhole());
    return this.snapshot;
  }
}

const isWithoutGap = (held: number, { revision, changes }: ChangesSince): boolean =>
  revision - held === changes.length && changes.every((change, index) => change.revision === held + index + 1);
