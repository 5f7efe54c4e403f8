import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import type { CallRecord } from '#libs/contracts';
import { SlotMap, type Slotted } from '#libs/bus';
import { type Known, beginLine, fromLine, settleLine, toKnown } from './record-line.js';
import { Segment } from './segment.js';
import { OWNER_FILE, beat, createOwned } from './spool-owner.js';

/** A settled record on its way; `segment` is null when the disk would not take it and memory alone holds it. */
interface Waiting {
  readonly record: CallRecord;
  segment: Segment | null;
}

/** A call that has begun; whoever settles it hands this back. */
export class Begun implements Slotted {
  slot = -1;
  segment: Segment | null = null;
  /** The disk did not take that it has begun. */
  isRefused = false;

  /** What both of its lines have in common. */
  readonly known: Known;

  constructor(readonly record: CallRecord) {
    this.known = toKnown(record);
  }
}

/** A line that is still to be written, and what has to know where it went. */
interface Unwritten {
  readonly line: string;
  /** Of a `B` line. */
  readonly begun: Begun | undefined;
  /** Of an `S` line; `begun` is then the `B` line that it supersedes. */
  readonly settled: Waiting | undefined;
}

export interface SpoolLimits {
  readonly segmentBytesMax: number;
  /** On disk in all; beyond it no call is begun, and what settles is kept in memory while there is room. */
  readonly bytesMax: number;
  /** Settled records in memory; the rest stays on disk and is read back in turn. */
  readonly recordsInMemoryMax: number;
}

/** Older than this, a heartbeat no longer vouches that nobody adopted the folder meanwhile. */
const BEAT_TRUSTED_MS = 6_000;
const TRIAL_FILE = 'trial';
const TRIAL = Buffer.alloc(4_096, 0x20);
const READ_BACK_BYTES = 256 * 1024;
/** Written without waiting for `commit`. */
const UNWRITTEN_CHARS_MAX = 256 * 1024;

/**
 * The records of one process, on disk and in memory. Lines are gathered and written together by `commit`, for a write
 * per line would be a good part of what a call costs. A segment goes once all its settled records are acknowledged;
 * calls that run longer than that are written again into the current one.
 */
export class Spool {
  private readonly segments: Segment[] = [];
  private readonly begun = new SlotMap<Begun>();
  private readonly queue: Waiting[] = [];
  /** From here on settled records are on disk alone. */
  private unread: { segment: Segment; offset: number } | null = null;
  private unwritten: Unwritten[] = [];
  private unwrittenChars = 0;
  private current!: Segment;
  private sequence = 0;
  private beatAtMs = 0;
  private bytes = 0;
  private lastOffset = 0;
  private foreignBytes = 0;

  constructor(
    readonly folder: string,
    private readonly limits: SpoolLimits,
    private readonly onDiskFailure: (error: unknown) => void,
  ) {
    this.found();
  }

  /** Settled records at hand. More may be on disk. */
  get ready(): number {
    return this.queue.length;
  }

  get openCalls(): number {
    return this.begun.size;
  }

  get bytesOnDisk(): number {
    return this.bytes + this.unwrittenChars + this.foreignBytes;
  }

  /** Settled records that metrics has not acknowledged. */
  get pending(): number {
    const onDisk = this.segments.reduce((sum, segment) => sum + segment.unacknowledged, 0);
    return Math.max(onDisk, this.queue.length);
  }

  begin(record: CallRecord): Begun {
    this.stillOurs();
    const begun = new Begun(record);
    this.begun.add(begun);
    if (this.bytesOnDisk < this.limits.bytesMax)
      this.gather({ line: beginLine(begun.known), begun, settled: undefined });
    return begun;
  }

  /** False when neither disk nor memory has room: the record is lost. */
  settle(record: CallRecord, begun?: Begun): boolean {
    this.stillOurs();
    if (begun !== undefined) this.begun.delete(begun);
    // What was begun on disk may settle there even when the spool is full: such calls are few.
    const room = (begun?.segment ?? null) !== null || this.bytesOnDisk < this.limits.bytesMax;
    const inMemory = this.queue.length < this.limits.recordsInMemoryMax && (!room || this.unread === null);
    if (!inMemory) return room && this.settleOnDisk(record, begun);
    const waiting: Waiting = { record, segment: null };
    this.queue.push(waiting);
    if (room) this.gather({ line: settledLine(record, begun), begun, settled: waiting });
    else if (begun !== undefined) this.forget(begun);
    return true;
  }

  /** Writes what was gathered, in one go: from then on it survives this process. */
  commit(): void {
    if (this.unwritten.length === 0) return;
    const { unwritten } = this;
    let text = '';
    for (const { line } of unwritten) text += line;
    this.unwritten = [];
    this.unwrittenChars = 0;
    const segment = this.append(text);
    for (const { begun, settled } of unwritten) {
      if (settled !== undefined) {
        settled.segment = segment;
        if (segment !== null) segment.unacknowledged += 1;
        if (begun !== undefined) this.forget(begun);
      } else if (begun !== undefined && segment !== null && begun.slot >= 0) {
        begun.segment = segment;
        segment.open += 1;
      } else if (begun !== undefined && segment === null) begun.isRefused = true;
    }
    this.rollWhenFull();
  }

  /** The oldest `countMax` settled records; they stay until `acknowledge`. */
  peek(countMax: number): CallRecord[] {
    this.commit();
    return this.queue.slice(0, countMax).map((waiting) => waiting.record);
  }

  /** The first `count` of the last `peek` are in metrics for good. */
  acknowledge(count: number): void {
    this.commit();
    for (const { segment } of this.queue.splice(0, count)) {
      if (segment === null) continue;
      segment.unacknowledged -= 1;
      if (segment.unacknowledged === 0) this.retire(segment);
    }
    while (this.unread !== null && this.queue.length < this.limits.recordsInMemoryMax / 2) this.readBack();
  }

  /** Settles as `unknown` what is still running: its process is about to end. */
  settleBegun(): void {
    for (const begun of this.begun) this.settle({ ...begun.record, outcome: 'unknown' }, begun);
    this.commit();
  }

  /** Counts what an adopted spool holds against this one's limit. */
  reserve(bytes: number): void {
    this.foreignBytes += bytes;
  }

  /** Says that this process lives; moves house when another has adopted the folder. */
  beat(): void {
    try {
      if (!beat(this.folder)) this.moveHouse();
      this.beatAtMs = performance.now();
    } catch (error) {
      this.onDiskFailure(error);
    }
  }

  /** Whether the disk takes something. */
  canWrite(): boolean {
    const file = join(this.folder, TRIAL_FILE);
    try {
      writeFileSync(file, TRIAL);
      rmSync(file);
      return true;
    } catch {
      // What is left of it is written over by the next trial.
      return false;
    }
  }

  /** Leaves nothing behind when all is acknowledged; otherwise leaves the files to whoever starts next. */
  close(): void {
    this.commit();
    for (const segment of this.segments) segment.close();
    const empty = this.queue.length === 0 && this.unread === null && this.begun.size === 0 && this.foreignBytes === 0;
    this.onDisk(() => rmSync(empty ? this.folder : join(this.folder, OWNER_FILE), { recursive: true, force: true }));
  }

  private found(): void {
    createOwned(this.folder);
    this.beatAtMs = performance.now();
    this.roll();
  }

  private get isFull(): boolean {
    return this.current.bytes >= this.limits.segmentBytesMax;
  }

  /** Behind a write, not before the next: with the old segment goes what the lines still to be written supersede. */
  private rollWhenFull(): void {
    if (!this.isFull) return;
    try {
      this.roll();
    } catch (error) {
      this.onDiskFailure(error);
    }
  }

  private roll(): void {
    const previous = this.current as Segment | undefined;
    this.sequence += 1;
    this.current = new Segment(join(this.folder, `${String(this.sequence).padStart(9, '0')}.log`));
    this.segments.push(this.current);
    if (previous?.unacknowledged === 0) this.retire(previous);
  }

  private gather(unwritten: Unwritten): void {
    this.unwritten.push(unwritten);
    this.unwrittenChars += unwritten.line.length;
    if (this.unwrittenChars >= UNWRITTEN_CHARS_MAX) this.commit();
  }

  /** For a record that memory has no room for: it is read back from where it stands. */
  private settleOnDisk(record: CallRecord, begun: Begun | undefined): boolean {
    this.commit();
    const segment = this.append(settledLine(record, begun));
    if (begun !== undefined) this.forget(begun);
    if (segment === null) return false;
    segment.unacknowledged += 1;
    this.unread ??= { segment, offset: this.lastOffset };
    this.rollWhenFull();
    return true;
  }

  private append(text: string): Segment | null {
    try {
      if (this.isFull) this.roll();
      const segment = this.current;
      const offset = segment.bytes;
      segment.append(text);
      this.bytes += segment.bytes - offset;
      this.lastOffset = offset;
      return segment;
    } catch (error) {
      this.onDiskFailure(error);
      return null;
    }
  }

  /** The call has settled: its `B` line counts no more. */
  private forget(begun: Begun): void {
    if (begun.segment !== null) begun.segment.open -= 1;
    begun.segment = null;
  }

  /** All that settled in this segment is acknowledged. */
  private retire(segment: Segment): void {
    if (this.unread?.segment === segment) this.unread = this.startOfNext(segment);
    if (segment === this.current) {
      if (segment.open > 0) return;
      this.bytes -= segment.bytes;
      this.onDisk(() => segment.clear());
      return;
    }
    const index = this.segments.indexOf(segment);
    if (index < 0 || (segment.open > 0 && !this.carryForward(segment))) return;
    this.bytes -= segment.bytes;
    this.segments.splice(this.segments.indexOf(segment), 1);
    this.onDisk(() => segment.remove());
  }

  /** What cannot be removed is shipped again by whoever adopts it, and counts once. */
  private onDisk(remove: () => void): void {
    try {
      remove();
    } catch (error) {
      this.onDiskFailure(error);
    }
  }

  private startOfNext(segment: Segment): { segment: Segment; offset: number } | null {
    const next = this.segments[this.segments.indexOf(segment) + 1];
    return next === undefined ? null : { segment: next, offset: 0 };
  }

  /** Writes the long runners of an otherwise finished segment again. Not when that would fill a segment by itself. */
  private carryForward(segment: Segment): boolean {
    if (segment.open > this.limits.segmentBytesMax / 4096) return false;
    for (const begun of this.begun) {
      if (begun.segment !== segment) continue;
      const next = this.append(beginLine(begun.known));
      if (next === null) return false;
      segment.open -= 1;
      next.open += 1;
      begun.segment = next;
    }
    return true;
  }

  private readBack(): void {
    const at = this.unread;
    if (at === null) return;
    const { lines, nextOffset } = at.segment.read(at.offset, READ_BACK_BYTES);
    for (const line of lines) {
      const parsed = fromLine(line);
      if (parsed?.kind === 'S') this.queue.push({ record: parsed.record, segment: at.segment });
    }
    this.unread =
      nextOffset < at.segment.bytes ? { segment: at.segment, offset: nextOffset } : this.startOfNext(at.segment);
  }

  /** A process that was stopped for long looks first whether it still owns its files. */
  private stillOurs(): void {
    if (performance.now() - this.beatAtMs > BEAT_TRUSTED_MS) this.beat();
  }

  /** The adopter ships what the old files hold; what is in memory is written again, since it may not have seen it. */
  private moveHouse(): void {
    for (const segment of this.segments.splice(0)) segment.close();
    for (const begun of this.begun) begun.segment = null;
    for (const waiting of this.queue) waiting.segment = null;
    this.unread = null;
    // They are among those that are written again.
    this.unwritten = [];
    this.unwrittenChars = 0;
    this.bytes = 0;
    this.found();
    for (const begun of this.begun) {
      begun.segment = this.append(beginLine(begun.known));
      if (begun.segment !== null) begun.segment.open += 1;
    }
    for (const waiting of this.queue) {
      waiting.segment = this.append(settledLine(waiting.record));
      if (waiting.segment !== null) waiting.segment.unacknowledged += 1;
    }
  }
}

const settledLine = (record: CallRecord, begun?: Begun): string => settleLine(begun?.known ?? toKnown(record), record);
