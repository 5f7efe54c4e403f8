/** An entry of a list, by its number; numbers of a list start at 1 and rise by one. */
export interface ListEntry {
  readonly id: number;
  readonly value: string;
}

/** The entries of a list behind a given one, in order. */
export interface ListSlice {
  readonly entries: readonly ListEntry[];
  /** False when entries that came after the asked one have already been dropped. */
  readonly complete: boolean;
}

export interface ListOptions {
  readonly lengthMax: number;
  readonly ttlMs: number;
}

/**
 * State that replicas share and that may be lost: sessions, events for resumption, leases, counters. Keys and values
 * are text; every entry ends by itself. Two adapters, `redis/` and `memory/`, behave alike; `cache.contract.spec.ts`
 * holds them to it.
 *
 * Every operation rejects with `platform.not_ready`, soon, when the store cannot be used; what then happens is the
 * caller's to decide.
 */
export interface Cache {
  /** Whether operations are likely to work now; for readiness. */
  readonly ready: boolean;

  get(key: string): Promise<string | null>;
  set(key: string, value: string, ttlMs: number): Promise<void>;
  /** True when there was one. */
  delete(key: string): Promise<boolean>;
  /** Takes the value out: of several that ask at once, one gets it. */
  getAndDelete(key: string): Promise<string | null>;
  /** Puts off the end of an entry; false when it has ended. */
  extend(key: string, ttlMs: number): Promise<boolean>;

  /** True for the one that set it. A lease is this, with a value that only its holder knows. */
  setIfAbsent(key: string, value: string, ttlMs: number): Promise<boolean>;
  compareAndSet(key: string, expected: string, value: string, ttlMs: number): Promise<boolean>;
  compareAndExtend(key: string, expected: string, ttlMs: number): Promise<boolean>;
  compareAndDelete(key: string, expected: string): Promise<boolean>;

  /** Adds to a list that keeps its last `lengthMax` entries and ends `ttlMs` after the last one; gives the number of the last. */
  append(key: string, values: readonly string[], options: ListOptions): Promise<number>;
  /** What came after entry `id`; 0 asks for everything. A list that has ended is empty, and complete only for 0. */
  readSince(key: string, id: number): Promise<ListSlice>;

  /** Adds to a counter that starts at 0 and ends `ttlMs` after its first increment. */
  increment(key: string, ttlMs: number, by?: number): Promise<number>;

  close(): Promise<void>;
}

/** The injection token of the process' `Cache`. */
export const CACHE = Symbol('CACHE');
