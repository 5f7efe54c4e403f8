import { WithBody } from '#libs/bus';
import type { ReplyOf, RequestOf } from '#contracts/define';
import type { AttendCall, CallAnswer, ContinueCall, RoutedCall } from '#contracts/tool-invocation/execute-call.request';
import { fail, type GatewayError, toGatewayError } from '#libs/errors';
import { MODERN_REVISION } from '#libs/mcp';
import type { Outbox } from '#libs/outbox';
import { childTraceparent } from '#libs/telemetry';
import { type Ask, OpenCall, type Step } from '../call/open-call.js';
import type { Settings } from '../tool-invocation.settings.js';
import type { UpstreamDirectory } from '../upstreams/upstream-directory.js';
import { CallReport } from './call-report.js';
import { DeadlineSweep } from './deadline-sweep.js';
import type { Context } from './deferred-task.js';
import { HeldTasks } from './deferred-tasks.js';
import { Dispatcher } from './dispatcher.js';
import { inputRequestsText, ParkedCalls } from './parked-calls.js';
import { RunningCall } from './running-call.js';

type Reply = WithBody<CallAnswer>;

/** How long a call waits for somebody to stay with it, where its client has to be asked by whoever made the call. */
const ALONE_MS = 5_000;

/** Runs calls against their upstreams: in turn, within their deadline, and twice only if the first time was no time. */
export class CallService {
  readonly parked: ParkedCalls;
  readonly held: HeldTasks;
  private readonly dispatcher: Dispatcher;
  private readonly sweep = new DeadlineSweep();
  private readonly overdue = (running: RunningCall): void => {
    const { callId } = running.open.call;
    if (this.parked.has(callId)) this.expire(callId, fail('upstream.timed_out', { executed: 'unknown' }));
    else running.end('upstream.timed_out', 'the deadline passed');
  };

  constructor(
    directory: UpstreamDirectory,
    private readonly outbox: Pick<Outbox, 'begin' | 'settle'>,
    private readonly settings: Settings,
  ) {
    this.dispatcher = new Dispatcher(directory);
    this.parked = new ParkedCalls(settings.parked.perPrincipalMax);
    this.held = new HeldTasks(settings.heldTasks, this);
  }

  get inFlight(): number {
    return this.sweep.size;
  }

  async execute(call: RoutedCall, context: Context): Promise<Reply> {
    if (call.keeper === 'instance') return this.held.operate(call, context);
    const body = context.body ?? '{}';
    const traceparent = childTraceparent(context.traceparent);
    const open = new OpenCall(call, body, traceparent);
    const report = new CallReport(this.outbox, call, Buffer.byteLength(body), traceparent);
    const running = new RunningCall(open, report, context, this.overdue);
    this.sweep.add(running);
    open.frames.attach(context);
    const step = open.next();
    report.begin(() => this.dispatcher.begin(running));
    return this.orTask(running, this.conclude(running, step, 0));
  }

  /** Gives a parked call what it asked for, and waits for what comes next. */
  async resume(request: RequestOf<typeof ContinueCall>, context: Context): Promise<Reply> {
    const { callId, round, principalId, inputResponses, refusals = {} } = request;
    const answers = new Map(Object.entries(inputResponses));
    for (const answer of answers.values()) {
      if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) {
        throw fail('mcp.params_invalid', { message: 'An input response is not an object', executed: 'no' });
      }
    }
    const { running, asks } = this.parked.take(callId, round, principalId);
    const { open } = running;
    open.logLevel = request.logLevel;
    open.wantsProgress = request.wantsProgress;
    const unanswered = new Map(asks);
    for (const [key, ask] of asks) {
      const answer = answers.get(key);
      const refusal = refusals[key];
      if (answer !== undefined) ask.reply(JSON.stringify(answer));
      else if (refusal !== undefined) ask.refuse(refusal.message, refusal.code);
      else continue;
      unanswered.delete(key);
    }
    if (unanswered.size > 0 && !open.ended) return this.park(running, unanswered, round + 1);
    running.serve(context);
    running.hurry(running.upstream?.timeoutMs ?? this.settings.callTimeoutMs);
    running.upstream?.turnstile.reenter(running.lane);
    running.inside = true;
    open.frames.attach(context);
    return this.orTask(running, this.conclude(running, open.next(), round));
  }

  /** Stays with a parked call while its client is asked; when whoever asks it goes, nobody will bring what it waits for. */
  async attend(
    { callId, round, principalId }: RequestOf<typeof AttendCall>,
    { signal }: Pick<Context, 'signal'>,
  ): Promise<ReplyOf<typeof AttendCall>> {
    const { attendants, running } = this.parked.find(callId, round, principalId);
    running.deadlineAtMs = Date.now() + this.settings.parked.ttlMs;
    const { promise, resolve } = Promise.withResolvers<void>();
    attendants.add(resolve);
    const left = (): void => this.dismiss(callId);
    signal.addEventListener('abort', left);
    if (signal.aborted) left();
    await promise;
    signal.removeEventListener('abort', left);
    return { over: true };
  }

  /** Nobody will bring what this call waits for. */
  dismiss(callId: string): void {
    this.expire(callId, fail('bus.cancelled', { executed: 'unknown' }));
  }

  /** Ends what is held for clients that have not come back. */
  dismissParked(): void {
    const error = fail('upstream.closed', { message: 'The gateway is stopping', executed: 'unknown' });
    for (const callId of this.parked.ids()) this.expire(callId, error);
  }

  close(): void {
    this.held.close();
    this.dismissParked();
    this.sweep.stop();
  }

  private orTask(running: RunningCall, concluding: Promise<Reply>): Promise<Reply> {
    const { call, paramsText, frames } = running.open;
    if (call.taskAfterMs === undefined || running.context?.isTask) return concluding;
    return this.held.orTask(call, paramsText, concluding, (context) => {
      frames.attach(undefined);
      running.serve(context);
    });
  }

  private async conclude(running: RunningCall, first: Promise<Step>, round: number): Promise<Reply> {
    const { open, report } = running;
    let step: Extract<Step, { kind: 'ended' }> | undefined;
    for (let next = first; step === undefined; ) {
      try {
        const reached = await next;
        if (reached.kind === 'asked')
          return this.park(running, new Map(reached.asks.map((ask) => [ask.key, ask])), round + 1);
        step = reached;
      } catch (error) {
        const failure = toGatewayError(error);
        const again = this.dispatcher.tryAgain(running, failure);
        if (again !== null) {
          next = again;
          continue;
        }
        this.dispatcher.leave(running, failure);
        this.finish(running);
        report.failed(failure);
        throw failure;
      }
    }
    this.dispatcher.leave(running, undefined);
    this.finish(running);
    const { answer, body } = step;
    const outcome = answer.kind === 'error' ? 'error' : open.isToolError ? 'tool_error' : 'ok';
    report.answered(
      outcome,
      body === undefined ? 0 : Buffer.byteLength(body),
      answer.kind === 'error' ? String(answer.error.code) : null,
    );
    if (open.frames.busy) await open.frames.drained();
    return new WithBody(answer, body);
  }

  private finish(running: RunningCall): void {
    this.sweep.delete(running);
  }

  private park(running: RunningCall, asks: ReadonlyMap<string, Ask>, round: number): Reply {
    const { open } = running;
    const { callId, principal, client } = open.call;
    try {
      this.parked.park(callId, { running, principalId: principal.id, round, asks, attendants: new Set() });
    } catch (error) {
      for (const ask of asks.values()) ask.refuse('Too many questions are open');
      open.cancel(toGatewayError(error), 'no input can be had');
      throw error;
    }
    open.frames.attach(undefined);
    running.context = undefined;
    const { ttlMs } = this.settings.parked;
    // A client without a session comes back by itself, from anywhere; any other is asked by the instance that made the call.
    running.deadlineAtMs = Date.now() + (client.revision === MODERN_REVISION ? ttlMs : Math.min(ttlMs, ALONE_MS));
    this.dispatcher.leave(running, undefined);
    return new WithBody({ kind: 'input-required', parked: { round } }, inputRequestsText(asks.values()));
  }

  private expire(callId: string, error: GatewayError): void {
    const parked = this.parked.remove(callId);
    if (parked === undefined) return;
    const { running, asks } = parked;
    for (const ask of asks.values()) ask.refuse('There will be no answer');
    running.open.cancel(error, 'there will be no answer');
    this.finish(running);
    running.report.failed(fail('bus.cancelled', { executed: 'unknown' }));
  }
}
