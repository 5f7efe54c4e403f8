import { randomUUID } from 'node:crypto';
import type { FairShares, Share } from '#libs/resilience';
import type { Cache } from '#libs/storage';
import type { Logger } from '#libs/telemetry';
import type { ShareOwner } from './call-shares.js';

/** How often replicas tell each other; for so long all of them together may take what one of them may. */
const SYNC_MS = 250;
/** Of a replica that has said nothing for so long, nothing is in use any more. */
const SILENT_MS = 3_000;
const KEY = 'call-shares';
const ENTRIES_MAX = 1_024;
const ENTRIES_TTL_MS = 10_000;
/** Shares told of at once, those in use first; what is beyond is limited by each replica for itself. */
const SHARES_MAX = 1_000;
const OWNERS = ['caller', 'team', 'tool'] as const satisfies readonly ShareOwner[];

/** Owner (by its place in `OWNERS`), key, taken since the entry before, in use now. */
type Line = readonly [owner: number, key: string, taken: number, inUse: number];

interface Entry {
  readonly replica: string;
  readonly lines: readonly Line[];
}

interface Replica {
  heardAtMs: number;
  inUse: Map<Share, number>;
}

/**
 * Tells the replicas of a service, by a list in the cache that they share, what each has taken and has in use, behind
 * the backs of the calls: two operations for all shares together. No clock is compared with another's. While the cache
 * is away each replica goes by what it knows.
 */
export class ShareLedger {
  private readonly replica = randomUUID();
  private readonly replicas = new Map<string, Replica>();
  private readonly timer: NodeJS.Timeout;
  private readAt = 0;
  /** Whether the others believe that something is in use here. */
  private isInUse = false;
  private syncing = false;
  private away = false;

  constructor(
    private readonly owners: Readonly<Record<ShareOwner, FairShares>>,
    private readonly cache: Cache,
    private readonly logger: Logger,
  ) {
    this.timer = setInterval(() => void this.sync(), SYNC_MS);
    this.timer.unref();
  }

  close(): void {
    clearInterval(this.timer);
  }

  onApplicationShutdown(): void {
    this.close();
  }

  /** Tells and hears once. Never rejects. */
  async sync(): Promise<void> {
    if (this.syncing) return;
    this.syncing = true;
    try {
      await this.tell();
      await this.hear();
      this.away = false;
    } catch (error) {
      if (!this.away) this.logger.warn({ err: error }, 'replicas cannot tell each other of the shares of callers');
      this.away = true;
    } finally {
      this.forgetSilent();
      this.syncing = false;
    }
  }

  private async tell(): Promise<void> {
    const told = this.told();
    const lines = told.map(({ line }) => line);
    // With nothing in use and nothing taken an entry says one thing: that there is no more in use.
    if (lines.length === 0 && !this.isInUse) return;
    for (const { share } of told) share.untold = 0;
    const entry: Entry = { replica: this.replica, lines };
    try {
      await this.cache.append(KEY, [JSON.stringify(entry)], { lengthMax: ENTRIES_MAX, ttlMs: ENTRIES_TTL_MS });
      this.isInUse = lines.some(([, , , inUse]) => inUse > 0);
    } catch (error) {
      for (const { share, line } of told) share.untold += line[2];
      throw error;
    }
  }

  private told(): { share: Share; line: Line }[] {
    const told: { share: Share; line: Line }[] = [];
    for (const [place, owner] of OWNERS.entries()) {
      const shares = this.owners[owner];
      if (!shares.isShared) continue;
      for (const share of shares) {
        if (share.untold > 0 || share.inUse > 0)
          told.push({ share, line: [place, share.key, share.untold, share.inUse] });
      }
    }
    if (told.length <= SHARES_MAX) return told;
    return told.sort((a, b) => b.line[3] - a.line[3] || b.line[2] - a.line[2]).slice(0, SHARES_MAX);
  }

  private async hear(): Promise<void> {
    const { entries, complete } = await this.cache.readSince(KEY, this.readAt);
    // What was taken before this replica was there has been made good by now, or soon is.
    const countsTaken = this.readAt > 0;
    for (const { id, value } of entries) {
      this.readAt = id;
      const entry = JSON.parse(value) as Entry;
      if (entry.replica !== this.replica) this.heard(entry, countsTaken);
    }
    // The list had ended, and its numbers have begun anew.
    if (!complete && entries.length === 0) this.readAt = 0;
  }

  private heard({ replica, lines }: Entry, countsTaken: boolean): void {
    const nowMs = performance.now();
    const known = this.replicas.get(replica);
    if (known !== undefined) release(known);
    const inUse = new Map<Share, number>();
    for (const [place, key, taken, used] of lines) {
      const shares = this.owners[OWNERS[place] ?? 'caller'];
      const share = shares.shareOf(key, nowMs);
      if (countsTaken) shares.takenElsewhere(share, taken, nowMs);
      share.inUseElsewhere += used;
      inUse.set(share, (inUse.get(share) ?? 0) + used);
    }
    this.replicas.set(replica, { heardAtMs: nowMs, inUse });
  }

  private forgetSilent(): void {
    const nowMs = performance.now();
    for (const [id, replica] of this.replicas) {
      if (nowMs - replica.heardAtMs < SILENT_MS) continue;
      release(replica);
      this.replicas.delete(id);
    }
  }
}

const release = ({ inUse }: Replica): void => {
  for (const [share, used] of inUse) share.inUseElsewhere -= used;
};
