import { LICENCE_MS } from '../../limits.js';

interface Member {
  readonly owners: ReadonlySet<string>;
  /** A request that is sent later than this it cannot begin without asking first. */
  readonly untilMs: number;
  readonly isLeaving: boolean;
}

/** More than the time for which an answerer may begin requests after it has asked for the clock. */
const KEPT_MS = LICENCE_MS + 500;
const FORGET_MS = 25 * 3_600_000;

/**
 * Who may have begun a request of this process. An answerer must have asked what time it is here before it begins any,
 * and again after a while; so whoever is not in this list has begun nothing.
 */
export class Roster {
  private readonly members = new Map<string, Member>();

  /** `instance` has asked for the clock. */
  note(instance: string, owners: readonly string[], nowMs: number): void {
    const isLeaving = this.members.get(instance)?.isLeaving ?? false;
    this.members.set(instance, { owners: new Set(owners), untilMs: nowMs + KEPT_MS, isLeaving });
    for (const [name, { untilMs }] of this.members) if (nowMs - untilMs > FORGET_MS) this.members.delete(name);
  }

  /** It takes no more requests; with `isDone` it has none any more. */
  leave(instance: string, isDone: boolean, nowMs: number): void {
    const member = this.members.get(instance);
    if (member === undefined) return;
    const untilMs = isDone ? Math.min(member.untilMs, nowMs) : member.untilMs;
    this.members.set(instance, { ...member, untilMs, isLeaving: true });
  }

  /** Those that may have begun what was sent then to an owner, or to one instance of it. */
  mayHave(owner: string, instance: string | undefined, sentAtMs: number): string[] {
    const found: string[] = [];
    for (const [name, { owners, untilMs }] of this.members)
      if (untilMs >= sentAtMs && (instance === undefined ? owners.has(owner) : name === instance)) found.push(name);
    return found;
  }

  takesRequests(instance: string): boolean {
    return this.members.get(instance)?.isLeaving !== true;
  }
}
