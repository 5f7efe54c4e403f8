/** How many may run at a time, how many may wait for it, and how long. */
export interface ConcurrencyLimits {
  /** At once in all. */
  readonly max: number;
  /** At once for one key. */
  readonly maxPerKey: number;
  /** How many may wait. */
  readonly queueMax: number;
  /** How long each may wait, in milliseconds. */
  readonly waitMs: number;
}

/** Of the places; none where there are fewer than eight. */
const RESERVED_SHARE = 1 / 8;

interface Waiter {
  readonly key: string;
  readonly owner: string;
  readonly admit: () => void;
  readonly refuse: () => void;
  readonly isGone: () => boolean;
}

/**
 * A bulkhead: lets so much work happen at a time, and so much per key. The rest waits, and its owners take turns: each
 * has its own line, in the order it came, and one that is long keeps nobody else waiting. Where too many wait, the
 * longest line gives way. Work that its own key holds up holds up no other key's. The last eighth of the places is for
 * owners who have fewer than are left there: whoever has many leaves some free for whoever has few.
 * https://learn.microsoft.com/azure/architecture/patterns/bulkhead
 *
 * What was acquired is released exactly once.
 */
export class ConcurrencyLimiter {
  private inFlight = 0;
  private readonly perKey = new Map<string, number>();
  private readonly perOwner = new Map<string, number>();
  private readonly reserve: number;
  /** By owner; whoever has the next turn stands first. None is empty. */
  private readonly lines = new Map<string, Waiter[]>();
  private inLine = 0;

  /** `refuse` makes the error with which `acquire` rejects. */
  constructor(
    private readonly limits: ConcurrencyLimits,
    private readonly refuse: () => Error,
  ) {
    this.reserve = Math.floor(limits.max * RESERVED_SHARE);
  }

  get waiting(): number {
    return this.inLine;
  }

  get running(): number {
    return this.inFlight;
  }

  /** Takes a place if there is one and nobody waits. */
  tryAcquire(key: string, owner = key): boolean {
    if (this.inLine > 0 || !this.hasRoom(key, owner)) return false;
    this.count(key, owner, 1);
    return true;
  }

  /**
   * Waits for a place and takes it. `isGone` says that whoever waits does so no more; it gets its place without waiting
   * on, and releases it. Rejects when too many wait, or when the wait is too long. Those of one `owner` share its turns.
   */
  acquire(key: string, isGone: () => boolean, owner = key): Promise<void> {
    return new Promise((resolve, reject: (error: Error) => void) => {
      if (!this.hasRoomInLine(owner)) return reject(this.refuse());
      const timer = setTimeout(() => {
        this.remove(waiter);
        waiter.refuse();
      }, this.limits.waitMs);
      const settle = (then: () => void) => () => {
        clearTimeout(timer);
        then();
      };
      const waiter: Waiter = {
        key,
        owner,
        isGone,
        admit: settle(resolve),
        refuse: settle(() => reject(this.refuse())),
      };
      const line = this.lines.get(owner);
      if (line === undefined) this.lines.set(owner, [waiter]);
      else line.push(waiter);
      this.inLine++;
      this.admitNext();
    });
  }

  /** Takes a place past the queue and the limits: for work that had one before and goes on. */
  reacquire(key: string, owner = key): void {
    this.count(key, owner, 1);
  }

  release(key: string, owner = key): void {
    this.count(key, owner, -1);
    if (this.inLine > 0) this.admitNext();
  }

  private admitNext(): void {
    // Whoever had a turn goes to the end, and has another in the same round when there is room.
    for (const [owner, line] of this.lines) {
      if (this.inFlight >= this.limits.max) return;
      const at = line.findIndex((waiter) => waiter.isGone() || this.hasRoom(waiter.key, owner));
      if (at < 0) continue;
      const waiter = line[at] as Waiter;
      line.splice(at, 1);
      this.inLine--;
      this.lines.delete(owner);
      if (line.length > 0) this.lines.set(owner, line);
      this.count(waiter.key, owner, 1);
      waiter.admit();
    }
  }

  /** Whether one more may wait: others make room who have gone, and then the last of a line that is longer by two. */
  private hasRoomInLine(owner: string): boolean {
    const { queueMax } = this.limits;
    if (this.inLine < queueMax) return true;
    for (const waiter of [...this.lines.values()].flat()) if (waiter.isGone()) this.dismiss(waiter);
    if (this.inLine < queueMax) return true;
    let longest: Waiter[] = [];
    for (const line of this.lines.values()) if (line.length > longest.length) longest = line;
    if (longest.length < (this.lines.get(owner)?.length ?? 0) + 2) return false;
    this.dismiss(longest.at(-1) as Waiter);
    return true;
  }

  private dismiss(waiter: Waiter): void {
    this.remove(waiter);
    waiter.refuse();
  }

  private remove(waiter: Waiter): void {
    const line = this.lines.get(waiter.owner);
    const at = line?.indexOf(waiter) ?? -1;
    if (line === undefined || at < 0) return;
    line.splice(at, 1);
    this.inLine--;
    if (line.length === 0) this.lines.delete(waiter.owner);
  }

  private hasRoom(key: string, owner: string): boolean {
    const { max, maxPerKey } = this.limits;
    const free = max - this.inFlight;
    if (free <= 0 || (this.perKey.get(key) ?? 0) >= maxPerKey) return false;
    return free > this.reserve || (this.perOwner.get(owner) ?? 0) < free;
  }

  private count(key: string, owner: string, change: 1 | -1): void {
    this.inFlight += change;
    add(this.perKey, key, change);
    add(this.perOwner, owner, change);
  }
}

const add = (counts: Map<string, number>, key: string, change: 1 | -1): void => {
  const count = (counts.get(key) ?? 0) + change;
  if (count > 0) counts.set(key, count);
  else counts.delete(key);
};
