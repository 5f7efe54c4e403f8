import { fail } from '#libs/errors';
import type { CallReport } from './call-report.js';
import type { Access } from '../transport/channel.js';
import type { Upstream } from '../upstreams/upstream.js';
import type { Limited } from './deadline-sweep.js';
import type { Context } from './deferred-task.js';
import type { OpenCall } from '../call/open-call.js';

/** A call and all that is held for it. */
export class RunningCall implements Limited {
  seat = -1;
  deadlineAtMs: number;
  /** Where it waits for its turn. */
  readonly lane: string;
  upstream: Upstream | undefined;
  access: Access | undefined;
  /** It has a place at the upstream. */
  inside = false;
  attempts = 0;
  /** Whoever waits for it; nobody does while it is parked. */
  context: Context | undefined;

  constructor(
    readonly open: OpenCall,
    readonly report: CallReport,
    context: Context,
    private readonly overdue: (running: RunningCall) => void,
  ) {
    this.context = context;
    this.deadlineAtMs = context.deadlineAtMs;
    this.lane = `${open.call.target}\n${open.call.principal.id}`;
  }

  /** A call has so much time; unless it has become a task. */
  hurry(timeoutMs: number): void {
    if (!this.context?.isTask) this.deadlineAtMs = Math.min(this.deadlineAtMs, Date.now() + timeoutMs);
  }

  /** From now on this is who waits, and for so long. */
  serve(context: Context): void {
    this.context = context;
    this.deadlineAtMs = context.deadlineAtMs;
  }

  end(code: 'bus.cancelled' | 'upstream.timed_out', reason: string): void {
    this.open.cancel(fail(code, { executed: this.open.executed }), reason);
  }

  isAborted(): boolean {
    return this.context?.signal.aborted ?? false;
  }

  onAborted(): void {
    this.end('bus.cancelled', 'the client cancelled');
  }

  onDeadline(): void {
    this.overdue(this);
  }
}
