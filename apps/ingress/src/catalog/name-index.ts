import type { CatalogPrompt, CatalogTool } from '#contracts/registry/catalog';
import type { CatalogStep } from '#contracts/registry/catalog-delta.rules';

/** Entries by the name that clients call them. */
export class NameIndex<Entry extends CatalogTool | CatalogPrompt> {
  private readonly byName: Map<string, Entry>;

  constructor(entries: readonly Entry[]) {
    this.byName = new Map(entries.map((entry) => [entry.name, entry]));
  }

  get(name: string): Entry | undefined {
    return this.byName.get(name);
  }

  /** Goes on as the index of the next catalog: made anew, it would cost as much as there are entries. */
  follow({ dropped, delta }: CatalogStep, list: 'tools' | 'prompts'): this {
    for (const { name } of dropped[list]) this.byName.delete(name);
    for (const entry of delta[list] as readonly Entry[]) this.byName.set(entry.name, entry);
    return this;
  }
}
