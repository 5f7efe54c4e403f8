import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { StateChanged } from '#contracts/registry/state-changed.event';
import { type Bus, InjectBus, type Subscription } from '#libs/bus';
import { cacheCounts } from '#libs/telemetry';
import { type KeptList, type RegistrySettings, SETTINGS } from '../registry.settings.js';

/** What was asked of which list. */
export interface AskedRows<Rows> {
  readonly list: KeptList;
  /** All that the answer depends on, who asks included. */
  readonly key: readonly unknown[];
  readonly read: () => Promise<Rows>;
  /** How many characters are kept with them. */
  readonly chars: (rows: Rows) => number;
}

/** Of all lists and look-ups together; a longer one is read each time. */
const CHARS_MAX = 32 * 1024 * 1024;
/** What keeping something takes beside its text. */
const OVERHEAD_CHARS = 500;

const counts = {
  tools: cacheCounts('registry tools'),
  prompts: cacheCounts('registry prompts'),
  resources: cacheCounts('registry resources'),
  gateways: cacheCounts('registry gateways'),
  servers: cacheCounts('registry servers'),
};

/**
 * Rows as lists and look-ups have read them, kept until something changes or their time is over: nothing is served that is
 * older than a change that has been answered, at any replica of one broker. Brokers of a cluster tell each other a little
 * later, and an announcement may be lost: for those there is the time.
 */
@Injectable()
export class KeptRowsService implements OnModuleDestroy {
  private readonly kept = new LRUCache<string, { readonly rows: unknown; readonly size: number }>({
    maxSize: CHARS_MAX,
    sizeCalculation: ({ size }) => size,
  });
  private readonly subscriptions: Subscription[];
  private changes = 0;

  constructor(
    @InjectBus() private readonly bus: Bus,
    @Inject(SETTINGS) private readonly settings: RegistrySettings,
  ) {
    const drop = (): void => this.drop();
    this.subscriptions = [
      // What programs write is in no list.
      bus.subscribe(StateChanged, ({ topic }) => void (topic !== 'programs' && drop())),
      bus.onReconnect(drop),
    ];
  }

  onModuleDestroy(): void {
    for (const subscription of this.subscriptions) subscription.close();
  }

  /** What was read is what it was before: nobody may change it. Rejects with what `read` throws, and keeps nothing then. */
  async of<Rows extends object>({ list, key, read, chars }: AskedRows<Rows>): Promise<Rows> {
    const ttlMs = this.settings.keptMs[list];
    if (ttlMs === 0) return read();
    const name = JSON.stringify([list, ...key]);
    const found = this.kept.has(name) && (await this.hasHeardAll()) ? this.kept.get(name) : undefined;
    counts[list][found === undefined ? 'misses' : 'hits']++;
    if (found !== undefined) return found.rows as Rows;
    const { changes } = this;
    const rows = await read();
    if (changes === this.changes) {
      const size = OVERHEAD_CHARS + name.length + chars(rows);
      this.kept.set(name, { rows, size }, { ttl: ttlMs });
    }
    return rows;
  }

  /** Something has changed. */
  drop(): void {
    this.changes++;
    this.kept.clear();
  }

  /** The broker has answered, and so has handed over before whatever was announced before the question. */
  private async hasHeardAll(): Promise<boolean> {
    try {
      await this.bus.flush();
      return true;
    } catch {
      // Without a bus nothing is heard: the database is asked.
      return false;
    }
  }
}
