/** How much may be held, in bytes. */
export interface HeldBytesLimits {
  readonly totalMax: number;
  /** Of one caller; 0: as much as it leaves free to the others. */
  readonly perCallerMax: number;
}

/** What is smaller is not counted: of these, the requests in hand have a limit of their own. */
export const UNCOUNTED_BYTES = 16 * 1024;

/** Bytes of a text, as far as it counts: of a short one the characters. */
export const bytesHeld = (text: string | Buffer): number =>
  text.length < UNCOUNTED_BYTES ? text.length : Buffer.byteLength(text);

/** Of an answer of which nothing is taken: so long, and as much longer as the rest of it takes at such a pace. */
const SCARCE_STALL_MS = 1_000;
const SCARCE_BYTES_PER_SECOND = 2 * 1024 * 1024;

/**
 * How long a client may take nothing of an answer while all that may be held is: a large piece that is written at once
 * leaves at once, as far as can be seen.
 */
export const scarcePatienceMs = (unsentBytes: number): number =>
  SCARCE_STALL_MS + (unsentBytes * 1_000) / SCARCE_BYTES_PER_SECOND;

/** What comes before a socket that was told to pause does. */
const STEP_BYTES = 64 * 1024;

/** All that one caller makes the process hold. */
class Holder {
  bytes = 0;
  /** Of claims that wait for room, or rest: nothing of it will be given back by itself. */
  idleBytes = 0;
  claims = 0;
  /** Of claims that all wait for each other, the one that goes on. */
  first: Claim | null = null;

  constructor(readonly caller: string) {}
}

/**
 * What a process holds for clients and upstreams: bodies, answers on their way, queues of streams. Whatever comes in
 * pieces is taken no faster than there is room, so that its sender waits instead of our memory filling up. Counters alone:
 * nothing is allocated ahead, and what has come is counted, never dropped.
 *
 * One caller has no more than it leaves free to the others. Where everything held is in pieces that wait for each other,
 * the one that has waited longest goes on, so that there is always an end.
 * https://doi.org/10.1109/90.664262 (dynamic thresholds)
 */
export class HeldBytes {
  /** How often something had to wait for room. */
  waits = 0;
  private bytes = 0;
  private idleBytes = 0;
  private readonly holders = new Map<string, Holder>();
  private readonly waiting = new Set<Claim>();
  /** It goes on whatever is held. */
  private leader: Claim | null = null;
  private isWaking = false;

  constructor(private limits: HeldBytesLimits) {}

  get used(): number {
    return this.bytes;
  }

  get totalMax(): number {
    return this.limits.totalMax;
  }

  get isFull(): boolean {
    return this.bytes >= this.limits.totalMax;
  }

  limitTo(limits: HeldBytesLimits): void {
    this.limits = limits;
    this.wake();
  }

  /** What one call, or one stream, of a caller holds; nothing yet. To be released when it is over. */
  claim(caller: string): Claim {
    return new Claim(this, caller);
  }

  /** For `Claim`. */
  hasRoom(claim: Claim): boolean {
    if (claim === this.leader) return true;
    if (this.isFull) return false;
    const { holder } = claim;
    if (holder === null || holder.first === claim) return true;
    const { totalMax, perCallerMax } = this.limits;
    return holder.bytes < (perCallerMax || totalMax - this.bytes);
  }

  /** For `Claim`. */
  change(claim: Claim, by: number): void {
    claim.holder ??= this.holderOf(claim.caller);
    claim.bytes += by;
    claim.holder.bytes += by;
    this.bytes += by;
    if (claim.isIdle) this.idle(claim.holder, by);
    if (claim.bytes === 0) this.stepDown(claim);
    if (by < 0) this.wake();
  }

  /** For `Claim`. */
  rest(claim: Claim, isResting: boolean): void {
    claim.isResting = isResting;
    if (isResting) this.stepDown(claim);
    this.see(claim);
  }

  /** For `Claim`. */
  wait(claim: Claim): void {
    this.waits++;
    this.waiting.add(claim);
    this.see(claim);
    this.wake();
  }

  /** For `Claim`. */
  stopWaiting(claim: Claim): void {
    this.waiting.delete(claim);
    this.see(claim);
  }

  /** For `Claim`. */
  forget(claim: Claim): void {
    claim.isResting = false;
    this.stopWaiting(claim);
    if (claim.bytes !== 0) this.change(claim, -claim.bytes);
    this.stepDown(claim);
    const { holder } = claim;
    claim.holder = null;
    if (holder === null) return;
    if (--holder.claims === 0) this.holders.delete(holder.caller);
  }

  private holderOf(caller: string): Holder {
    const known = this.holders.get(caller) ?? new Holder(caller);
    if (known.claims++ === 0) this.holders.set(caller, known);
    return known;
  }

  /** Nothing of a claim is given back by itself while it waits or rests. */
  private see(claim: Claim): void {
    const isIdle = claim.isResting || this.waiting.has(claim);
    if (claim.isIdle === isIdle) return;
    claim.isIdle = isIdle;
    if (claim.holder !== null) this.idle(claim.holder, isIdle ? claim.bytes : -claim.bytes);
    if (isIdle) this.wake();
  }

  /** It came to its end, or stays as it is: another one may go on whatever is held. */
  private stepDown(claim: Claim): void {
    const wasFirst = claim.holder?.first === claim;
    if (wasFirst && claim.holder !== null) claim.holder.first = null;
    if (this.leader === claim) this.leader = null;
    else if (!wasFirst) return;
    this.wake();
  }

  private idle(holder: Holder, by: number): void {
    holder.idleBytes += by;
    this.idleBytes += by;
  }

  /** Later: whoever gives back may be handing on to another claim. */
  private wake(): void {
    if (this.isWaking || this.waiting.size === 0) return;
    this.isWaking = true;
    setImmediate(() => {
      this.isWaking = false;
      this.goOn();
    });
  }

  private goOn(): void {
    let room = this.limits.totalMax - this.bytes;
    for (const claim of this.waiting) {
      if (room <= 0) break;
      const { holder } = claim;
      if (holder !== null && isFree(holder.first) && holder.bytes === holder.idleBytes) holder.first = claim;
      if (!this.hasRoom(claim)) continue;
      room -= STEP_BYTES;
      this.resume(claim);
    }
    const [longest] = this.waiting;
    if (longest === undefined || !isFree(this.leader) || this.bytes > this.idleBytes) return;
    this.leader = longest;
    this.resume(longest);
  }

  private resume(claim: Claim): void {
    this.stopWaiting(claim);
    const { onRoom } = claim;
    claim.onRoom = null;
    onRoom?.();
  }
}

/** What rests makes nobody wait for its end. */
const isFree = (first: Claim | null): boolean => first === null || first.isResting;

/** What one call or stream holds. */
export class Claim {
  bytes = 0;
  /** Who it counts for; none before there is something to count. */
  holder: Holder | null = null;
  /** It waits, or rests. */
  isIdle = false;
  isResting = false;
  onRoom: (() => void) | null = null;
  private isOver = false;

  constructor(
    private readonly budget: HeldBytes,
    readonly caller: string,
  ) {}

  /** Whether more should be taken in now. */
  get hasRoom(): boolean {
    return this.isOver || this.budget.hasRoom(this);
  }

  get isWaiting(): boolean {
    return this.onRoom !== null;
  }

  add(bytes: number): void {
    if (!this.isOver) this.budget.change(this, bytes);
  }

  /** It holds so much now; a little counts as nothing. */
  set(bytes: number): void {
    const counted = bytes < UNCOUNTED_BYTES ? 0 : bytes;
    if (!this.isOver && counted !== this.bytes) this.budget.change(this, counted - this.bytes);
  }

  /** `resume` is called once when there is room; one at a time. Not at all when the claim is released before. */
  whenRoom(resume: () => void): void {
    if (this.isOver) return;
    this.onRoom = resume;
    this.budget.wait(this);
  }

  /** What it waits for will not come any more. */
  stopWaiting(): void {
    if (this.onRoom === null) return;
    this.onRoom = null;
    this.budget.stopWaiting(this);
  }

  /** What it holds stays for long, whatever becomes of others: nobody waits for it. */
  rest(isResting: boolean): void {
    if (!this.isOver) this.budget.rest(this, isResting);
  }

  /** It holds nothing, and will not again. */
  release(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.onRoom = null;
    if (this.holder !== null || this.isIdle) this.budget.forget(this);
  }
}

/** Of this process: its services share one memory. Without limits until it is told them. */
export const heldBytes = new HeldBytes({ totalMax: Number.MAX_SAFE_INTEGER, perCallerMax: 0 });
