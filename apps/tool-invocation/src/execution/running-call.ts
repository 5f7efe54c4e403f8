import type { Slotted } from '#libs/bus';
import { fail } from '#libs/errors';
import type { CallReport } from './call-report.js';
import type { Access } from '../transport/channel.js';
import type { Upstream } from '../upstreams/upstream.js';
import type { Context } from './deferred-task.js';
import type { OpenCall } from '../call/open-call.js';
import type { Peer } from '../conversation/peer.js';

const NO_ROOM = { message: 'The gateway had no room for the answer in time' };

/** A call that runs, and all that is kept for it. */
export class RunningCall implements Slotted {
  slot = -1;
  /** Calls with the same key share a limit at the upstream. */
  readonly limiterKey: string;
  upstream: Upstream | undefined;
  access: Access | undefined;
  /** The conversation it was given to. */
  peer: Peer | undefined;
  /** It counts as running at the upstream. */
  holdsSlot = false;
  /** When it got there, by `performance.now()`. */
  enteredAtMs = 0;
  attempts = 0;
  /** The bus request that waits for it; none while the call is parked. */
  context: Context | undefined;

  constructor(
    readonly open: OpenCall,
    readonly report: CallReport,
    context: Context,
    private readonly overdue: (running: RunningCall) => void,
  ) {
    this.context = context;
    this.deadlineAtMs = context.deadlineAtMs;
    this.limiterKey = `${open.call.target}\n${open.call.principal.id}`;
  }

  /** Of `performance.now()`; a call that becomes a task, or is taken on by its client, has another one. */
  get deadlineAtMs(): number {
    return this.open.deadlineAtMs;
  }

  set deadlineAtMs(atMs: number) {
    this.open.deadlineAtMs = atMs;
  }

  /** The call may take no longer than this from now on, unless it has become a task. */
  tightenDeadline(timeoutMs: number): void {
    if (!this.context?.isTask) this.deadlineAtMs = Math.min(this.deadlineAtMs, performance.now() + timeoutMs);
  }

  /** Replaces the request that waits for the call, and with it the deadline. */
  serve(context: Context): void {
    this.context = context;
    this.deadlineAtMs = context.deadlineAtMs;
  }

  end(code: 'bus.cancelled' | 'upstream.timed_out', reason: string): void {
    const { executed, held } = this.open;
    this.open.cancel(fail(code, { executed, ...(held.isWaiting && NO_ROOM) }), reason);
  }

  /** Read only when the calls are swept, so that short ones never cost a signal. */
  get isAborted(): boolean {
    return this.context?.signal.aborted ?? false;
  }

  /** The client has cancelled, or the deadline has passed. */
  onDue(): void {
    if (this.isAborted) this.end('bus.cancelled', 'the client cancelled');
    else this.overdue(this);
  }
}
