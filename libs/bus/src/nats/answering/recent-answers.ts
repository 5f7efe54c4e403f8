import { type CallKey, keyOf } from '../notices.js';

const ENTRIES = 32_768;
const BYTES = 8 * 1024 * 1024;
/** Of a larger one it is known that there was an answer, and no more. */
const ANSWER_BYTES_MAX = 256 * 1024;

/** The answer to a call, or that there was one. */
export interface RecentAnswer {
  readonly call: CallKey;
  readonly unit: Buffer | undefined;
}

/**
 * The calls that were answered of late, with their answers, so that one that got lost on its way can be sent again and no
 * call that has run counts as one that never began. A ring of fixed size: nothing in it costs the collector anything.
 */
export class RecentAnswers {
  private readonly ids = new Uint32Array(ENTRIES);
  private readonly secrets = new Uint32Array(ENTRIES);
  private readonly askers = new Uint32Array(ENTRIES);
  private readonly lengths = new Uint32Array(ENTRIES);
  /** Of the bytes of all answers ever, where each begins; older ones have been written over. */
  private readonly starts = new Float64Array(ENTRIES);
  private readonly answeredAtMs = new Float64Array(ENTRIES);
  private bytes: Buffer | undefined;
  private written = 0;
  private count = 0;

  /** `asker`: a number for the process that asked. */
  keep(asker: number, { id, secret }: CallKey, unit: Buffer | undefined, nowMs: number): void {
    const at = this.count % ENTRIES;
    this.count += 1;
    this.ids[at] = id;
    this.secrets[at] = secret;
    this.askers[at] = asker;
    this.answeredAtMs[at] = nowMs;
    this.lengths[at] = 0;
    if (unit === undefined || unit.length > ANSWER_BYTES_MAX) return;
    this.bytes ??= Buffer.allocUnsafeSlow(BYTES);
    const room = BYTES - (this.written % BYTES);
    if (room < unit.length) this.written += room;
    unit.copy(this.bytes, this.written % BYTES);
    this.starts[at] = this.written;
    this.lengths[at] = unit.length;
    this.written += unit.length;
  }

  /** Whether all answers since then are still known. */
  reachesBackTo(sinceMs: number): boolean {
    return this.count < ENTRIES || (this.answeredAtMs[this.count % ENTRIES] as number) < sinceMs;
  }

  /** Which of an asker's calls have been answered. */
  find(asker: number, calls: ReadonlyMap<number, CallKey>): RecentAnswer[] {
    const found: RecentAnswer[] = [];
    for (let at = Math.min(this.count, ENTRIES) - 1; at >= 0; at--) {
      if (this.askers[at] !== asker) continue;
      const call = calls.get(keyOf({ id: this.ids[at] as number, secret: this.secrets[at] as number }));
      if (call !== undefined) found.push({ call, unit: this.unitAt(at) });
    }
    return found;
  }

  private unitAt(at: number): Buffer | undefined {
    const length = this.lengths[at] as number;
    const start = this.starts[at] as number;
    if (length === 0 || this.bytes === undefined || start < this.written - BYTES) return undefined;
    return this.bytes.subarray(start % BYTES, (start % BYTES) + length);
  }
}
