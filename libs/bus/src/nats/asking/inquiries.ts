import { fail } from '#libs/errors';
import type { SlotMap } from '../../flow/slot-map.js';
import { BEAT_INTERVAL_MS, FIRST_SIGN_MS } from '../../limits.js';
import type { Link } from '../link.js';
import { encodeInquiry, readAbsent, readLeaving } from '../notices.js';
import type { PendingAsk } from './pending-ask.js';
import { Roster } from './roster.js';
import { recallSubject } from '../subjects.js';

/** Without a beat for so long, whoever has a call is asked about it. */
const NEXT_SIGN_MS = 2.5 * BEAT_INTERVAL_MS;
const INQUIRE_AGAIN_MS = 500;
/** How often a request is sent again that nobody has begun. */
const REPEATS_MAX = 3;
const CALLS_MAX = 4_096;

/**
 * Finds out what became of requests of which nothing is heard. All instances of the owner are asked: one that has the call
 * says so, one that has answered it answers again, the others say that they have not begun it and will not. Once everybody
 * has said so who might have begun it, nobody has, and it goes to another instance.
 */
export class Inquiries {
  readonly roster = new Roster();

  constructor(
    private readonly link: Link,
    private readonly inbox: string,
    private readonly instance: string,
    private readonly pending: SlotMap<PendingAsk>,
    /** Sends it to this instance; false when it cannot. */
    private readonly repeat: (pending: PendingAsk, instance: string) => boolean,
  ) {}

  look(nowMs: number): void {
    const silent = new Map<string, PendingAsk[]>();
    for (const pending of this.pending) {
      const patienceMs = pending.taken ? NEXT_SIGN_MS : FIRST_SIGN_MS;
      if (nowMs - pending.heardAtMs < patienceMs || nowMs - pending.inquiredAtMs < INQUIRE_AGAIN_MS) continue;
      pending.inquiredAtMs = nowMs;
      const { owner } = pending.contract;
      const others = silent.get(owner);
      if (others === undefined) silent.set(owner, [pending]);
      else others.push(pending);
    }
    for (const [owner, calls] of silent) this.inquire(owner, calls, nowMs);
  }

  /** An instance has not begun these. */
  noteAbsent(bytes: Buffer): void {
    const { instance, calls } = readAbsent(bytes);
    for (const { id, secret } of calls) {
      const pending = this.pending.at(id);
      if (pending === undefined || pending.secret !== secret) continue;
      pending.absent ??= new Set();
      pending.absent.add(instance);
      this.settle(pending);
    }
  }

  noteLeaving(bytes: Buffer): void {
    const { instance, isDone } = readLeaving(bytes);
    this.roster.leave(instance, isDone, performance.now());
  }

  /** Whether it is certain that nobody has begun it. */
  neverBegan({ contract, instance, sentAtMs, absent }: PendingAsk): boolean {
    return this.roster.mayHave(contract.owner, instance, sentAtMs).every((member) => absent?.has(member));
  }

  private inquire(owner: string, calls: readonly PendingAsk[], nowMs: number): void {
    for (let at = 0; at < calls.length; at += CALLS_MAX) {
      const some = calls
        .slice(at, at + CALLS_MAX)
        .map(({ id, secret, heardAtMs }) => ({ id, secret, ageMs: nowMs - heardAtMs }));
      this.link.send(recallSubject(owner, this.instance), encodeInquiry(some), `${this.inbox}.absent`);
    }
  }

  /** When it is certain that nobody has begun it, it goes to one of those who said so, or fails. */
  private settle(pending: PendingAsk): void {
    const { absent = [], instance: only } = pending;
    if (!this.neverBegan(pending)) return;
    const takers = [...absent].filter((one) => this.roster.takesRequests(one) && (only === undefined || one === only));
    const next = takers[Math.floor(Math.random() * takers.length)];
    if (next !== undefined && pending.repeats < REPEATS_MAX && this.repeat(pending, next)) return;
    pending.fail(fail('bus.responder_lost', { message: 'The service did not begin it', executed: 'no' }));
  }
}
