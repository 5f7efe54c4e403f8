import { fail } from '#libs/errors';
import type { SlotMap } from '../../flow/slot-map.js';
import { failureToJson } from '../../json.js';
import type { AskerClocks } from './asker-clocks.js';
import type { Handling } from './handling.js';
import type { Link } from '../link.js';
import { type CallKey, INQUIRY, encodeAbsent, keyOf, readInquiry } from '../notices.js';
import type { RecentAnswers } from './recent-answers.js';
import { inboxOf, peerOf } from '../subjects.js';
import { FAILURE, encodeUnit } from '../wire.js';

/** Tells askers that have heard nothing what has become of their requests here. */
export class LostRequests {
  constructor(
    private readonly link: Link,
    private readonly instance: string,
    private readonly inHand: SlotMap<Handling>,
    private readonly recent: RecentAnswers,
    private readonly clocks: AskerClocks,
    private readonly beat: (askerInbox: string, handlings: readonly Handling[]) => void,
  ) {}

  /** `reply`: a subject in the inbox of whoever asks. What has not begun never will. */
  inquire(bytes: Buffer, reply: string): void {
    if (bytes[0] !== INQUIRY) return;
    const { name, instance } = peerOf(reply);
    const inbox = inboxOf(name, instance);
    const unknown = new Map<number, CallKey>();
    let silentForMs = 0;
    for (const { id, secret, third } of readInquiry(bytes)) {
      unknown.set(keyOf({ id, secret }), { id, secret });
      silentForMs = Math.max(silentForMs, third);
    }
    const clock = this.clocks.find(inbox);
    if (clock !== undefined) {
      const atWork: Handling[] = [];
      for (const handling of this.inHand)
        if (handling.asker === clock && unknown.delete(keyOf(handling))) atWork.push(handling);
      if (atWork.length > 0) this.beat(inbox, atWork);
      for (const { call, unit } of this.recent.find(clock.number, unknown)) {
        unknown.delete(keyOf(call));
        // A copy: what is kept may be written over before it has left.
        this.link.send(`${inbox}.${call.id}.${call.secret}`, unit === undefined ? this.gone(call) : Buffer.from(unit));
      }
      // Else it may be one of those that are no longer known.
      if (!this.recent.reachesBackTo(performance.now() - silentForMs)) return;
      for (const key of unknown.keys()) clock.held.delete(key);
    }
    if (unknown.size > 0) this.link.send(reply, encodeAbsent(this.instance, [...unknown.values()]));
  }

  /** It has run, and what it answered was too large to be kept. */
  private gone({ id, secret }: CallKey): Buffer {
    const failure = failureToJson(fail('bus.responder_lost', { executed: 'unknown' }));
    return encodeUnit({ kind: FAILURE, id, secret, instance: this.instance }, failure, undefined);
  }
}
