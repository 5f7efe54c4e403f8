import type { Logger } from '#libs/telemetry';
import type { PostgresLocation } from '../../postgres/location.js';
import { MemoryCache } from '../memory-cache.js';
import { KeptEntries } from './kept-entries.js';

/** The end of an entry is written again once it is off by this share of its time: most extensions cost nothing. */
const EXTENDED_SHARE = 0.1;
const SWEEP_MS = 600_000;

/**
 * The memory of a process, of which the entries whose keys begin with one of `prefixes` outlive it in PostgreSQL. Reads
 * never ask the database. An entry that memory dropped for want of room comes back with the next start, if it has not
 * ended.
 */
export class KeptCache extends MemoryCache {
  /** When the kept entries end, as the table has it. */
  private readonly endings = new Map<string, number>();
  private readonly sweeping: NodeJS.Timeout;

  private constructor(
    private readonly kept: KeptEntries,
    private readonly prefixes: readonly string[],
  ) {
    super();
    this.sweeping = setInterval(() => this.sweep(), SWEEP_MS).unref();
  }

  static async open(location: PostgresLocation, prefixes: readonly string[], logger: Logger): Promise<KeptCache> {
    const kept = await KeptEntries.open(location, logger);
    const cache = new KeptCache(kept, prefixes);
    for (const [key, { value, expiresAtMs }] of await kept.readAll()) {
      await cache.setInMemory(key, value, expiresAtMs - Date.now());
      cache.endings.set(key, expiresAtMs);
    }
    return cache;
  }

  override async set(key: string, value: string, ttlMs: number): Promise<void> {
    await super.set(key, value, ttlMs);
    await this.write(key, value, ttlMs);
  }

  override async setIfAbsent(key: string, value: string, ttlMs: number): Promise<boolean> {
    const isSet = await super.setIfAbsent(key, value, ttlMs);
    if (isSet) await this.write(key, value, ttlMs);
    return isSet;
  }

  override async compareAndSet(key: string, expected: string, value: string, ttlMs: number): Promise<boolean> {
    const isSet = await super.compareAndSet(key, expected, value, ttlMs);
    if (isSet) await this.write(key, value, ttlMs);
    return isSet;
  }

  override async extend(key: string, ttlMs: number): Promise<boolean> {
    const isExtended = await super.extend(key, ttlMs);
    const endsAtMs = this.endings.get(key);
    if (isExtended && endsAtMs !== undefined && endsAtMs < Date.now() + ttlMs * (1 - EXTENDED_SHARE)) {
      const value = await super.get(key);
      if (value !== null) void this.write(key, value, ttlMs);
    }
    return isExtended;
  }

  override async delete(key: string): Promise<boolean> {
    const isDeleted = await super.delete(key);
    await this.remove(key);
    return isDeleted;
  }

  override async getAndDelete(key: string): Promise<string | null> {
    const value = await super.getAndDelete(key);
    await this.remove(key);
    return value;
  }

  override async compareAndDelete(key: string, expected: string): Promise<boolean> {
    const isDeleted = await super.compareAndDelete(key, expected);
    if (isDeleted) await this.remove(key);
    return isDeleted;
  }

  override async close(): Promise<void> {
    clearInterval(this.sweeping);
    await this.kept.close();
    await super.close();
  }

  private setInMemory(key: string, value: string, ttlMs: number): Promise<void> {
    return super.set(key, value, Math.max(1, ttlMs));
  }

  private async write(key: string, value: string, ttlMs: number): Promise<void> {
    if (!this.prefixes.some((prefix) => key.startsWith(prefix))) return;
    const expiresAtMs = Date.now() + ttlMs;
    this.endings.set(key, expiresAtMs);
    await this.kept.change(key, { value, expiresAtMs });
  }

  private async remove(key: string): Promise<void> {
    if (this.endings.delete(key)) await this.kept.change(key, null);
  }

  private sweep(): void {
    const nowMs = Date.now();
    for (const [key, endsAtMs] of this.endings) if (endsAtMs <= nowMs) void this.remove(key);
  }
}
