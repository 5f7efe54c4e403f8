import { LRUCache } from 'lru-cache';
import type { Catalog } from '#contracts/registry/catalog';
import type { CatalogStep } from '#contracts/registry/catalog-delta.rules';
import { ToolIndex } from './tool-index.js';

const INDEXES_MAX = 64;
/** Of all indexes. */
const TOOLS_MAX = 50_000;

interface Searched {
  readonly catalog: Catalog;
}

interface Held {
  readonly making: Promise<ToolIndex>;
  /** Once it is made. */
  index: ToolIndex | null;
}

/** The indexes of the endpoints whose tools are searched: each is made when it is first needed, and goes on with its catalog. */
export class ToolIndexes {
  private readonly held = new LRUCache<Searched, Held>({ max: INDEXES_MAX, maxSize: TOOLS_MAX });

  of(endpoint: Searched): Promise<ToolIndex> {
    let held = this.held.get(endpoint);
    if (held === undefined) {
      const made: Held = { making: ToolIndex.of(endpoint.catalog.tools), index: null };
      made.making.then(
        (index) => {
          made.index = index;
        },
        () => this.held.delete(endpoint),
      );
      held = made;
      this.held.set(endpoint, held, { size: Math.max(1, endpoint.catalog.tools.length) });
    }
    return held.making;
  }

  /** One endpoint takes the place of another. */
  follow(before: Searched, after: Searched, step: CatalogStep): void {
    const held = this.held.peek(before);
    if (held === undefined) return;
    this.held.delete(before);
    // What is still being made is of the catalog before.
    if (held.index === null) return;
    held.index.follow(step);
    this.held.set(after, held, { size: Math.max(1, after.catalog.tools.length) });
  }

  drop(endpoint: Searched): void {
    this.held.delete(endpoint);
  }
}
