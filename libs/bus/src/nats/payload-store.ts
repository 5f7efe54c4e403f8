import { randomBytes } from 'node:crypto';
import { fail } from '#libs/errors';

interface Kept {
  readonly head: string;
  readonly body: string | undefined;
  /** Of `performance.now()`. */
  readonly untilMs: number;
}

const KEPT_CHARS_MAX = 256 * 1024 * 1024;

/**
 * Requests and events too large for one payload wait here until whoever received the notice fetches them. A request
 * must not be split itself: its parts would scatter over the queue group.
 */
export class PayloadStore {
  private readonly kept = new Map<string, Kept>();
  private chars = 0;

  keep({ head, body }: { head: string; body: string | undefined }, untilMs: number): string {
    this.dropExpired();
    const chars = head.length + (body?.length ?? 0);
    if (this.chars + chars > KEPT_CHARS_MAX) throw fail('bus.too_large', { executed: 'no' });
    const handle = randomBytes(16).toString('hex');
    this.kept.set(handle, { head, body, untilMs });
    this.chars += chars;
    return handle;
  }

  take(handle: string): { head: string; body: string | undefined } | undefined {
    return this.kept.get(handle);
  }

  forget(handle: string): void {
    const kept = this.kept.get(handle);
    if (kept === undefined) return;
    this.kept.delete(handle);
    this.chars -= kept.head.length + (kept.body?.length ?? 0);
  }

  private dropExpired(): void {
    const nowMs = performance.now();
    for (const [handle, { untilMs }] of this.kept) if (untilMs <= nowMs) this.forget(handle);
  }
}
