import { LRUCache } from 'lru-cache';

/** What one page looks like on the wire, but for what each answer has of its own: the caller's cursor, the time left. */
export interface PreparedPage {
  /** Up to the cursor, from there to the time left, and the rest. */
  readonly texts: readonly [string, string, string];
  readonly next: number | null;
}

/** Of all endpoints and callers together: a page may be as long as a whole catalog, and each revision has its own. */
const CHARS_MAX = 32 * 1024 * 1024;

type Pages = LRUCache<string, PreparedPage>;

/** The pages of all views, within so many characters in all; the ones that nobody asked for longest go first. */
export class PreparedPages {
  private readonly pages: Pages;
  private shelves = 0;

  constructor(charsMax = CHARS_MAX) {
    const sizeCalculation = ({ texts }: PreparedPage): number => texts.reduce((sum, { length }) => sum + length, 1);
    this.pages = new LRUCache({ maxSize: charsMax, sizeCalculation });
  }

  get chars(): number {
    return this.pages.calculatedSize;
  }

  /** A place for the pages of one view. */
  shelf(): PageShelf {
    return new PageShelf(this.pages, ++this.shelves);
  }
}

export class PageShelf {
  private readonly keys = new Set<string>();

  constructor(
    private readonly pages: Pages,
    private readonly number: number,
  ) {}

  /** The page as it is kept, or as `prepare` makes it. */
  of(name: string, prepare: () => PreparedPage): PreparedPage {
    const key = `${this.number} ${name}`;
    const known = this.pages.get(key);
    if (known !== undefined) return known;
    const page = prepare();
    this.pages.set(key, page);
    this.keys.add(key);
    return page;
  }

  /** Nobody asks for these any more. */
  clear(): void {
    for (const key of this.keys) this.pages.delete(key);
    this.keys.clear();
  }
}
