import { LRUCache } from 'lru-cache';
import type { CarriedJson } from '#libs/mcp';
import type { Coding, CompressedStart } from '#libs/service';

/** What one page looks like on the wire, but for what each answer has of its own: the caller's cursor, the time left. */
export interface PreparedPage {
  /** Up to where answers differ, from the cursor to the time left, and the rest. What is long is kept as the bytes that leave. */
  readonly texts: readonly [start: CarriedJson, middle: string, tail: string];
  readonly next: number | null;
}

/** Of all endpoints and callers together: a page may be as long as a whole catalog, and each revision has its own. */
const CHARS_MAX = 32 * 1024 * 1024;
/** Likewise of what is kept of them compressed. */
const COMPRESSED_BYTES_MAX = 16 * 1024 * 1024;

type Pages = LRUCache<string, PreparedPage>;
/** Who asks while it is being compressed waits for the same. */
type Starts = LRUCache<string, CompressedStart | Promise<CompressedStart>>;

/** The pages of all views, within so many characters in all; the ones that nobody asked for longest go first. */
export class PreparedPages {
  private readonly pages: Pages;
  private readonly starts: Starts;
  private shelves = 0;

  constructor(charsMax = CHARS_MAX, compressedBytesMax = COMPRESSED_BYTES_MAX) {
    const sizeCalculation = ({ texts }: PreparedPage): number => texts.reduce((sum, { length }) => sum + length, 1);
    this.pages = new LRUCache({ maxSize: charsMax, sizeCalculation });
    this.starts = new LRUCache({
      maxSize: compressedBytesMax,
      sizeCalculation: (start) => (start instanceof Promise ? 1 : start.bytes.length + 1),
    });
  }

  get chars(): number {
    return this.pages.calculatedSize;
  }

  get compressedBytes(): number {
    return this.starts.calculatedSize;
  }

  /** A place for the pages of one view. */
  shelf(): PageShelf {
    return new PageShelf(this.pages, this.starts, ++this.shelves);
  }
}

export class PageShelf {
  private readonly keys = new Set<string>();
  private readonly startKeys = new Set<string>();

  constructor(
    private readonly pages: Pages,
    private readonly starts: Starts,
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

  /** The part of a page that is the same for all, as it is kept compressed, or as `make` makes it; null where that does not. */
  compressed(
    name: string,
    coding: Coding,
    make: () => Promise<CompressedStart> | null,
  ): CompressedStart | Promise<CompressedStart> | null {
    const key = `${this.number} ${name} ${coding}`;
    const known = this.starts.get(key);
    if (known !== undefined) return known;
    const making = make();
    if (making === null) return making;
    this.starts.set(key, making);
    this.startKeys.add(key);
    const settle = (start: CompressedStart | null): void => {
      // Not what is gone, or what somebody else makes by now.
      if (this.starts.peek(key) !== making) return;
      if (start === null) this.starts.delete(key);
      else this.starts.set(key, start);
    };
    making.then(settle, () => settle(null));
    return making;
  }

  /** Nobody asks for these any more. */
  clear(): void {
    for (const key of this.keys) this.pages.delete(key);
    for (const key of this.startKeys) this.starts.delete(key);
    this.keys.clear();
    this.startKeys.clear();
  }
}
