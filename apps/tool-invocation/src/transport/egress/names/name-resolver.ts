import type { LookupAddress } from 'node:dns';
import { isIP } from 'node:net';
import { NoSuchName, queryNames } from './dns-query.js';
import { type LocalFiles, LocalNames } from './local-names.js';
import { SystemLookup } from './system-lookup.js';

export interface NameResolverOptions {
  /** Addresses of name servers, with or without a port. Empty: those of the system, and then the system itself. */
  readonly servers: readonly string[];
  readonly files?: LocalFiles;
}

/** A name did not resolve within the time that one look-up has. */
export class NameTooSlow extends Error {}

const LOOKUP_MS = 2_000;
const TTL_MS_MIN = 1_000;
const TTL_MS_MAX = 60_000;
/** A name that failed is not asked for again at once by each of the calls that wait for it. */
const FAILED_MS = 1_000;
const NAMES_MAX = 4_096;

interface Known {
  readonly answer: Promise<readonly LookupAddress[]>;
  /** By the monotonic clock, in milliseconds; later than any time while the look-up is under way. */
  untilMs: number;
}

/**
 * The addresses of upstreams' names. One look-up per name at a time, two seconds long at most, its answer kept for its TTL
 * (one second to one minute). None of it waits for another name, or takes a thread of the shared pool from files and hashes,
 * but for names that only the system knows.
 */
export class NameResolver {
  private readonly known = new Map<string, Known>();
  private readonly local: LocalNames;
  private readonly system = new SystemLookup();

  constructor(private readonly options: NameResolverOptions) {
    this.local = new LocalNames(options.files);
  }

  /** Rejects with `NameTooSlow`, or with what the resolver says. */
  resolve(name: string): Promise<readonly LookupAddress[]> {
    const local = this.local.addressesOf(name);
    if (local !== undefined) return Promise.resolve(local.map((address) => ({ address, family: isIP(address) })));
    const known = this.known.get(name);
    if (known !== undefined && performance.now() < known.untilMs) return known.answer;
    return this.remember(name);
  }

  private remember(name: string): Promise<readonly LookupAddress[]> {
    const answer = this.ask(name);
    const entry: Known = { answer: answer.then(({ addresses }) => addresses), untilMs: Number.POSITIVE_INFINITY };
    answer.then(
      ({ ttlMs }) => {
        entry.untilMs = performance.now() + ttlMs;
      },
      () => {
        entry.untilMs = performance.now() + FAILED_MS;
      },
    );
    // Behind those that were asked for before: the oldest gives way.
    this.known.delete(name);
    this.known.set(name, entry);
    if (this.known.size > NAMES_MAX) this.known.delete(this.known.keys().next().value as string);
    return entry.answer;
  }

  private ask(name: string): Promise<{ addresses: readonly LookupAddress[]; ttlMs: number }> {
    return new Promise((resolve, reject) => {
      const late = new AbortController();
      const timer = setTimeout(() => {
        const tooSlow = new NameTooSlow('the name took too long to resolve');
        late.abort(tooSlow);
        reject(tooSlow);
      }, LOOKUP_MS);
      this.lookUp(name, late.signal)
        .then(resolve, reject)
        .finally(() => clearTimeout(timer));
    });
  }

  private async lookUp(name: string, signal: AbortSignal) {
    const { servers } = this.options;
    try {
      const { addresses, ttlSeconds } = await queryNames(this.local.candidatesOf(name), servers, signal);
      return { addresses, ttlMs: Math.min(Math.max(ttlSeconds * 1_000, TTL_MS_MIN), TTL_MS_MAX) };
    } catch (error) {
      const isTooSlow = (error as NodeJS.ErrnoException).code === 'ETIMEOUT';
      if (isTooSlow) throw new NameTooSlow('no name server answered', { cause: error });
      // Name servers that say no, or of which there are none, say nothing of what the system knows otherwise.
      const isAbsent = error instanceof NoSuchName || (error as NodeJS.ErrnoException).code === 'ECONNREFUSED';
      if (!isAbsent || servers.length > 0 || signal.aborted) throw error;
      return { addresses: await this.system.ask(name, signal), ttlMs: TTL_MS_MIN };
    }
  }
}
