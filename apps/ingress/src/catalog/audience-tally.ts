import type { AccessScope, Catalog } from '#contracts/registry/catalog';
import type { CatalogStep } from '#contracts/registry/catalog-delta.rules';
import type { Audience } from '#libs/identity';

type Lists = CatalogStep['added'];

/** Those for whom there is something in a catalog that not everybody may see, counted: a change costs what it changes. */
export class AudienceTally implements Audience {
  readonly teams = new Map<string, number>();
  readonly owners = new Map<string, number>();
  private hidden = 0;

  constructor(catalog: Catalog) {
    if (catalog.server.visibility !== 'public') this.hidden++;
    this.count(catalog, 1);
  }

  /** Whether nothing is hidden from anybody. */
  get isEverybody(): boolean {
    return this.hidden === 0;
  }

  follow({ dropped, added }: CatalogStep): void {
    this.count(dropped, -1);
    this.count(added, 1);
  }

  private count({ upstreams, tools, prompts, resources, resourceTemplates }: Lists, by: 1 | -1): void {
    for (const entries of [upstreams, tools, prompts, resources, resourceTemplates]) {
      for (const { visibility, teamId, ownerEmail } of entries as readonly AccessScope[]) {
        if (visibility === 'public') continue;
        this.hidden += by;
        if (visibility === 'team' && teamId !== null) add(this.teams, teamId, by);
        if (visibility === 'private' && ownerEmail !== null) add(this.owners, ownerEmail, by);
      }
    }
  }
}

const add = (counts: Map<string, number>, key: string, by: 1 | -1): void => {
  const count = (counts.get(key) ?? 0) + by;
  if (count === 0) counts.delete(key);
  else counts.set(key, count);
};
