import { LRUCache } from 'lru-cache';
import { heapShare } from '#libs/resilience';
import type { Cache, ListEntry, ListOptions, ListSlice } from './cache.js';

interface List {
  entries: ListEntry[];
  lastId: number;
}

type Entry = string | number | List;

const OBJECT_BYTES = 64;
const BYTES_MAX = 128 * 1024 * 1024;
const HEAP_SHARE = 1 / 8;

const bytesOf = (entry: Entry): number =>
  typeof entry === 'string'
    ? OBJECT_BYTES + entry.length
    : typeof entry === 'number'
      ? OBJECT_BYTES
      : entry.entries.reduce((sum, { value }) => sum + OBJECT_BYTES + value.length, OBJECT_BYTES);

/** The cache of a gateway that is one process. Bounded: the least recently used entries make room. */
export class MemoryCache implements Cache {
  readonly ready = true;
  private readonly entries: LRUCache<string, Entry>;

  constructor({
    entriesMax = 100_000,
    bytesMax = Math.min(BYTES_MAX, heapShare(HEAP_SHARE)),
  }: { entriesMax?: number; bytesMax?: number } = {}) {
    // Not `max`, which takes 6 MB for its 100,000 places before the first is used.
    const bytesMin = Math.floor(bytesMax / entriesMax);
    this.entries = new LRUCache({
      maxSize: bytesMax,
      sizeCalculation: (entry, key) => Math.max(bytesMin, key.length + bytesOf(entry)),
      ttlResolution: 0,
    });
  }

  async get(key: string): Promise<string | null> {
    return this.text(key);
  }

  async set(key: string, value: string, ttlMs: number): Promise<void> {
    this.entries.set(key, value, { ttl: ttlMs });
  }

  async delete(key: string): Promise<boolean> {
    return this.entries.has(key) && this.entries.delete(key);
  }

  async getAndDelete(key: string): Promise<string | null> {
    const value = this.text(key);
    this.entries.delete(key);
    return value;
  }

  async extend(key: string, ttlMs: number): Promise<boolean> {
    const entry = this.entries.get(key);
    if (entry !== undefined) this.entries.set(key, entry, { ttl: ttlMs });
    return entry !== undefined;
  }

  async setIfAbsent(key: string, value: string, ttlMs: number): Promise<boolean> {
    if (this.entries.has(key)) return false;
    this.entries.set(key, value, { ttl: ttlMs });
    return true;
  }

  async compareAndSet(key: string, expected: string, value: string, ttlMs: number): Promise<boolean> {
    if (this.text(key) !== expected) return false;
    this.entries.set(key, value, { ttl: ttlMs });
    return true;
  }

  compareAndExtend(key: string, expected: string, ttlMs: number): Promise<boolean> {
    return this.compareAndSet(key, expected, expected, ttlMs);
  }

  async compareAndDelete(key: string, expected: string): Promise<boolean> {
    return this.text(key) === expected && this.entries.delete(key);
  }

  async append(key: string, values: readonly string[], { lengthMax, ttlMs }: ListOptions): Promise<number> {
    const known = this.entries.get(key);
    const list: List = typeof known === 'object' ? known : { entries: [], lastId: 0 };
    for (const value of values) list.entries.push({ id: ++list.lastId, value });
    if (list.entries.length > lengthMax) list.entries.splice(0, list.entries.length - lengthMax);
    // Deleted first: an entry is weighed again only when it is new.
    this.entries.delete(key);
    this.entries.set(key, list, { ttl: ttlMs });
    return list.lastId;
  }

  async readSince(key: string, id: number): Promise<ListSlice> {
    const list = this.entries.get(key);
    if (typeof list !== 'object') return { entries: [], complete: id === 0 };
    const oldest = list.entries[0]?.id ?? list.lastId + 1;
    return { entries: list.entries.filter((entry) => entry.id > id), complete: id >= oldest - 1 && id <= list.lastId };
  }

  async increment(key: string, ttlMs: number, by = 1): Promise<number> {
    const known = this.entries.get(key);
    const count = (typeof known === 'number' ? known : 0) + by;
    const remainingMs = typeof known === 'number' ? this.entries.getRemainingTTL(key) : ttlMs;
    this.entries.set(key, count, { ttl: remainingMs });
    return count;
  }

  async close(): Promise<void> {
    this.entries.clear();
  }

  private text(key: string): string | null {
    const entry = this.entries.get(key);
    return typeof entry === 'string' ? entry : null;
  }
}
