import { Injectable } from '@nestjs/common';
import { CatalogChangesService, type LoggedChange } from '../changes/catalog-changes.service.js';
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
  /** The same, where it takes over one change that it was told of, and asks for no other. */
  private takingOne: Promise<Snapshot> | null = null;

  constructor(
    private readonly catalogs: CatalogRepository,
    changes: CatalogChangesService,
  ) {
    changes.followWith(async (made) => this.snapshot && this.at(made.revision, made));
  }

  /**
   * Holds the revision that was heard of; without one, whatever was committed before the question. `made`: what that revision
   * changed, where it is known.
   */
  async at(heard: number | undefined, made?: LoggedChange): Promise<Snapshot> {
    const held = this.snapshot;
    if (held !== null && heard !== undefined && heard <= held.revision) return held;
    const begun = this.underWay;
    if (begun === null) return this.begin(made);
    // A reading that has begun may have begun before the change that the asker knows of.
    await begun.catch(() => undefined);
    while (this.takingOne !== null) await this.takingOne.catch(() => undefined);
    const now = this.snapshot;
    if (now !== null && heard !== undefined && heard <= now.revision) return now;
    // All who have waited share one that asks the database.
    return this.underWay ?? this.begin(undefined);
  }

  private begin(made: LoggedChange | undefined): Promise<Snapshot> {
    const reading = this.follow(made).finally(() => {
      this.underWay = null;
      this.takingOne = null;
    });
    this.underWay = reading;
    if (made !== undefined) this.takingOne = reading;
    return reading;
  }

  private async follow(made: LoggedChange | undefined): Promise<Snapshot> {
    const held = this.snapshot;
    if (held === null) return this.read();
    const isNext = made?.revision === held.revision + 1;
    const since = isNext
      ? { revision: made.revision, changes: [made] }
      : await this.catalogs.readChanges(held.revision);
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
