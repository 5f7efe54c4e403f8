import { Readable } from 'node:stream';
import type { CallRecord } from '#contracts/metrics/record-calls.request';
import type { StateTopic } from '#contracts/registry/state-changed.event';
import { CallView } from '../call-log/call.view.js';

/** Calls that one viewer is shown in a second; those beyond are counted. */
export const SHOWN_PER_SECOND_MAX = 200;
/** What may wait for a viewer to read it. */
const UNREAD_BYTES_MAX = 262_144;
/** Seconds after which a viewer that reads nothing is let go. */
const STALLED_SECONDS_MAX = 30;
/** Seconds without an event after which a comment shows that the stream stands. */
const SILENT_SECONDS_MAX = 15;

/** Why a stream ends. */
export type TapEnd = 'stopping' | 'stalled' | 'rights_changed' | 'auth_unavailable';

/**
 * One viewer of calls, as `text/event-stream`: `call` with a `CallView`, `missed` with how many there were beyond what is
 * shown in a second, `state` with what may be other than before, `end` with the reason.
 */
export class TapViewer extends Readable {
  private left = SHOWN_PER_SECOND_MAX;
  private missed = 0;
  private silentSeconds = 0;
  private stalledSeconds = 0;
  private isOver = false;
  /** Of what state it is told in the next second, having been told in this one. */
  private readonly stateToTell = new Set<StateTopic>();
  private hasToldState = false;

  constructor(
    private readonly isAsked: (record: CallRecord) => boolean,
    private readonly isRedacted: boolean,
  ) {
    super({ highWaterMark: UNREAD_BYTES_MAX });
    this.push(': calls as they happen\n\n');
  }

  offer(record: CallRecord): void {
    if (this.destroyed || this.isOver || !this.isAsked(record)) return;
    if (this.left === 0 || this.isFull) this.missed++;
    else {
      this.left--;
      this.tell('call', new CallView(this.isRedacted ? withoutPerson(record) : record));
    }
  }

  /** At most once a second. */
  offerState(topic: StateTopic): void {
    if (this.destroyed || this.isOver) return;
    this.stateToTell.add(topic);
    if (!this.hasToldState) this.tellState();
  }

  /** Once a second. */
  tick(): void {
    if (this.isOver) {
      // Whoever does not read to the end keeps a place that others wait for.
      if (++this.stalledSeconds >= STALLED_SECONDS_MAX) this.destroy();
      return;
    }
    this.hasToldState = false;
    this.tellState();
    this.left = SHOWN_PER_SECOND_MAX;
    this.stalledSeconds = this.isFull ? this.stalledSeconds + 1 : 0;
    if (this.stalledSeconds >= STALLED_SECONDS_MAX) this.finish('stalled');
    else if (this.isFull) return;
    else if (this.missed > 0) {
      this.tell('missed', { count: this.missed });
      this.missed = 0;
    } else if (++this.silentSeconds >= SILENT_SECONDS_MAX) {
      this.silentSeconds = 0;
      this.push(':\n\n');
    }
  }

  finish(reason: TapEnd): void {
    if (this.destroyed || this.isOver) return;
    this.isOver = true;
    this.tell('end', { reason });
    this.push(null);
    // Nobody reads it: what waits is dropped.
    if (reason === 'stalled') this.destroy();
  }

  override _read(): void {
    // Events come when they come.
  }

  private tellState(): void {
    if (this.stateToTell.size === 0 || this.isFull) return;
    this.tell('state', { topics: [...this.stateToTell] });
    this.stateToTell.clear();
    this.hasToldState = true;
  }

  private get isFull(): boolean {
    return this.readableLength >= UNREAD_BYTES_MAX;
  }

  private tell(event: string, data: object): void {
    this.silentSeconds = 0;
    this.push(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }
}

const withoutPerson = (record: CallRecord): CallRecord => ({
  ...record,
  principalId: '',
  tokenId: null,
  clientName: null,
  clientVersion: null,
  address: null,
});
