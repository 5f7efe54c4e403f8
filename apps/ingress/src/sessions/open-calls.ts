import { CallCancelled } from '#contracts/ingress/call-cancelled.signal';
import type { Bus, Subscription } from '#libs/bus';
import type { CallAbort } from '../call/index.js';

/** The calls of sessions that are under way here, so that a client can cancel them from any connection. */
export class OpenCalls {
  private readonly sessions = new Map<string, Map<string, Set<CallAbort>>>();
  private readonly subscription: Subscription;
  private whenIdle: (() => void) | null = null;

  constructor(private readonly bus: Bus) {
    this.subscription = bus.subscribe(CallCancelled, ({ sessionId, idText, by }) => {
      if (by !== bus.instance) this.abort(sessionId, idText);
    });
  }

  add(sessionId: string, idText: string, call: CallAbort): void {
    let calls = this.sessions.get(sessionId);
    if (calls === undefined) this.sessions.set(sessionId, (calls = new Map()));
    const same = calls.get(idText);
    if (same === undefined) calls.set(idText, new Set([call]));
    else same.add(call);
  }

  remove(sessionId: string, idText: string, call: CallAbort): void {
    const calls = this.sessions.get(sessionId);
    const same = calls?.get(idText);
    if (calls === undefined || same === undefined || !same.delete(call) || same.size > 0) return;
    calls.delete(idText);
    if (calls.size > 0) return;
    this.sessions.delete(sessionId);
    if (this.sessions.size === 0) this.whenIdle?.();
  }

  /** Resolves when none is under way here any more: also none whose client has left and comes back for its answer. */
  idle(): Promise<void> {
    return this.sessions.size === 0 ? Promise.resolve() : new Promise((resolve) => (this.whenIdle = resolve));
  }

  /** Here if it is here, else wherever it is. */
  cancel(sessionId: string, idText: string | null): void {
    const here = this.abort(sessionId, idText);
    if (idText === null || !here) this.bus.signal(CallCancelled, { sessionId, idText, by: this.bus.instance });
  }

  close(): void {
    this.subscription.close();
  }

  private abort(sessionId: string, idText: string | null): boolean {
    const calls = this.sessions.get(sessionId);
    if (calls === undefined) return false;
    if (idText === null) for (const same of calls.values()) for (const call of same) call.abort();
    const same = idText === null ? undefined : calls.get(idText);
    for (const call of same ?? []) call.abort();
    return same !== undefined;
  }
}
