import { type ConnectionNote, NoteConnections } from '#contracts/auth/connectors/note-connection.request';
import type { Bus } from '#libs/bus';
import type { Logger } from '#libs/telemetry';

/** That wait for auth; more are lost, and the log says so. */
const WAITING_MAX = 1_000;
const SENT_AT_ONCE = 50;
const AGAIN_MS = 5_000;
/** Refusals in a minute: strangers write no more than that into the trail. */
const REFUSALS_A_MINUTE = 30;
const MINUTE_MS = 60_000;

export type NewNote = Omit<ConnectionNote, 'at' | 'unnoted'>;

/** Brings what becomes of connections to the audit trail, in order; where auth is away, later. */
export class ConnectionNotes {
  private readonly waiting: ConnectionNote[] = [];
  private sending: Promise<void> | undefined;
  private again: NodeJS.Timeout | undefined;
  private minuteEndsAtMs = 0;
  private refusals = 0;
  private unnoted = 0;

  constructor(
    private readonly bus: Pick<Bus, 'ask'>,
    private readonly logger: Logger,
  ) {}

  /** False for a refusal that is one too many to be noted by itself. */
  note(note: NewNote): boolean {
    if (note.what === 'refused' && !this.mayRefuse()) return false;
    const unnoted = note.what === 'refused' ? this.unnoted : 0;
    if (note.what === 'refused') this.unnoted = 0;
    this.waiting.push({ ...note, at: new Date().toISOString(), unnoted });
    if (this.waiting.length > WAITING_MAX) {
      this.waiting.shift();
      this.logger.error('what became of a connection of a connector could not be noted in the audit trail');
    }
    this.send();
    return true;
  }

  /** Resolves when what waits has been brought, or could not be; nothing is tried again after it. */
  async close(): Promise<void> {
    clearTimeout(this.again);
    await this.sending;
    // Not beside one that somebody else begins, which would bring the same.
    this.send();
    await this.sending;
    clearTimeout(this.again);
  }

  private mayRefuse(): boolean {
    const nowMs = performance.now();
    if (nowMs >= this.minuteEndsAtMs) {
      this.minuteEndsAtMs = nowMs + MINUTE_MS;
      this.refusals = 0;
    }
    if (++this.refusals <= REFUSALS_A_MINUTE) return true;
    this.unnoted++;
    return false;
  }

  private send(): void {
    if (this.sending !== undefined) return;
    clearTimeout(this.again);
    this.sending = this.bring().finally(() => {
      this.sending = undefined;
    });
  }

  private async bring(): Promise<void> {
    while (this.waiting.length > 0) {
      const notes = this.waiting.slice(0, SENT_AT_ONCE);
      try {
        await this.bus.ask(NoteConnections, { notes });
      } catch (error) {
        this.logger.warn({ err: error }, 'connections of connectors are noted in the audit trail later');
        this.again = setTimeout(() => this.send(), AGAIN_MS).unref();
        return;
      }
      // Others may have been pushed out meanwhile.
      while (this.waiting[0] !== undefined && notes.includes(this.waiting[0])) this.waiting.shift();
    }
  }
}
