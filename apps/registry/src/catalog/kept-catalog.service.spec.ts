import { beforeEach, describe, expect, it } from 'vitest';
import type { CatalogChangesService, LoggedChange } from '../changes/catalog-changes.service.js';
import type { CatalogRepository } from './catalog.repository.js';
import { KeptCatalogService } from './kept-catalog.service.js';

const made = (revision: number): LoggedChange => ({ revision, entryIds: [], gatewayIds: [], serverIds: [] });

describe('the catalog that is kept in memory', () => {
  let committed = 0;
  let asked = 0;
  let kept: KeptCatalogService;

  /** The revision that is held when the question is answered; the snapshot goes on changing. */
  const at = async (heard?: number, change?: LoggedChange): Promise<number> => (await kept.at(heard, change)).revision;

  beforeEach(async () => {
    committed = 4;
    const turn = () => new Promise((resolve) => setImmediate(resolve));
    const catalogs = {
      readWhole: async () => ({ revision: committed, gateways: [], entries: [] }),
      readChanges: async (since: number) => {
        asked++;
        const revision = committed;
        await turn();
        return { revision, changes: Array.from({ length: revision - since }, (_, index) => made(since + index + 1)) };
      },
      readNamed: async (revision: number) => {
        await turn();
        return { revision, gateways: [], entries: [] };
      },
    };
    const changes = { followWith: () => {} };
    kept = new KeptCatalogService(
      catalogs as unknown as CatalogRepository,
      changes as unknown as CatalogChangesService,
    );
    await at();
    asked = 0;
  });

  it('KeptCatalogService asks the database nothing when it is told what the next revision changed', async () => {
    committed = 5;
    expect([await at(5, made(5)), asked]).toEqual([5, 0]);
  });

  it('KeptCatalogService answers with the revision that was heard of when an earlier one is taken over at the same time', async () => {
    committed = 6;
    expect(await Promise.all([at(5, made(5)), at(6), at()])).toEqual([expect.any(Number), 6, 6]);
  });

  it('KeptCatalogService answers with the revision that was heard of when several wait for a reading that has begun', async () => {
    committed = 5;
    const begun = at(5);
    await Promise.resolve();
    committed = 7;
    const waited = await Promise.all([begun, at(6, made(6)), at(7, made(7)), at()]);
    expect(waited.slice(2)).toEqual([7, 7]);
  });
});
