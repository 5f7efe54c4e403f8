import type { Catalog, CatalogDelta, CatalogPrompt, CatalogTool } from '#contracts/registry/catalog';
import { type CatalogStep, LedCatalog } from '#contracts/registry/catalog-delta.rules';
import { AudienceTally } from './audience-tally.js';
import { EntryIndex } from './entry-index.js';

/** What is looked up in a catalog. Goes on with the next one: made anew, it would cost as much as there are entries. */
export class LookUps {
  readonly tools: EntryIndex<CatalogTool>;
  readonly prompts: EntryIndex<CatalogPrompt>;
  readonly audience: AudienceTally;
  private readonly led: LedCatalog;

  constructor(catalog: Catalog) {
    this.led = new LedCatalog(catalog);
    this.tools = new EntryIndex(() => this.led.catalog.tools);
    this.prompts = new EntryIndex(() => this.led.catalog.prompts);
    this.audience = new AudienceTally(catalog);
  }

  follow(delta: CatalogDelta): CatalogStep {
    const step = this.led.follow(delta);
    this.tools.follow(step.dropped.tools, step.added.tools);
    this.prompts.follow(step.dropped.prompts, step.added.prompts);
    this.audience.follow(step);
    return step;
  }
}
