import { Inject, Injectable } from '@nestjs/common';
import { SlotMap, WithBody } from '#libs/bus';
import type { ReplyOf, RequestOf } from '#contracts/define';
import type {
  LeaseParkedCall,
  CallAnswer,
  ContinueCall,
  UpstreamCall,
} from '#contracts/tool-invocation/execute-call.request';
import { fail, type GatewayError, toGatewayError } from '#libs/errors';
import { MODERN_REVISION } from '#libs/mcp';
import { Outbox } from '#libs/outbox';
import { DeadlineSweep, bytesHeld } from '#libs/resilience';
import { InjectLogger, type Logger, childTraceparent } from '#libs/telemetry';
import { OpenCall, type Step } from '../call/open-call.js';
import { inputRequestsText, type ServerRequest } from '../call/server-request.js';
import { SETTINGS, type Settings } from '../tool-invocation.settings.js';
import { UpstreamDirectory } from '../upstreams/upstream-directory.js';
import { CallLog } from './call-log.js';
import { CallReport } from './call-report.js';
import type { Context } from './deferred-task.js';
import { DeferredTasks } from './deferred-tasks.js';
import { Dispatcher } from './dispatcher.js';
import { ParkedCalls } from './parked-calls.js';
import { RunningCall } from './running-call.js';

type Reply = WithBody<CallAnswer>;
type Ended = Extract<Step, { kind: 'ended' }>;

const unrecorded = (): GatewayError =>
  fail('platform.not_ready', { message: 'The call cannot be recorded now', executed: 'no' });

/** How soon it is noticed that a client has cancelled. */
const SWEEP_MS = 50;
/** How long a parked call waits for a lease, where ingress has to ask the client. */
const UNLEASED_MS = 5_000;

/**
 * Runs calls against their upstreams: within their limits and deadlines, and a second time only where the first time
 * nothing was executed. Every failure is a `GatewayError` that says whether the call may have run.
 */
@Injectable()
export class CallService {
  readonly parked: ParkedCalls;
  readonly deferred: DeferredTasks;
  private readonly dispatcher: Dispatcher;
  private readonly told: CallLog;
  private readonly running = new SlotMap<RunningCall>();
  private readonly sweep = new DeadlineSweep<RunningCall>({
    items: () => this.running,
    isDue: (running) => running.isAborted,
    onDue: (running) => running.onDue(),
    everyMs: SWEEP_MS,
  });
  private readonly overdue = (running: RunningCall): void => {
    const { callId } = running.open.call;
    if (this.parked.has(callId)) this.expire(callId, fail('upstream.timed_out', { executed: 'unknown' }));
    else running.end('upstream.timed_out', 'the deadline passed');
  };

  constructor(
    directory: UpstreamDirectory,
    private readonly outbox: Outbox,
    @Inject(SETTINGS) private readonly settings: Settings,
    @InjectLogger() logger: Logger,
  ) {
    this.told = new CallLog(logger, settings.slowMs);
    this.dispatcher = new Dispatcher(directory);
    this.parked = new ParkedCalls(settings.parked.perPrincipalMax);
    this.deferred = new DeferredTasks(settings.deferredTasks, this);
  }

  get inFlight(): number {
    return this.running.size;
  }

  /** Runs a call to its answer, or until its client has to provide input. */
  execute(call: UpstreamCall, context: Context): Promise<Reply> {
    if (call.affinity === 'instance') return this.deferred.operate(call, context);
    const body = context.body ?? '{}';
    const traceparent = childTraceparent(context.traceparent);
    const open = new OpenCall(call, body, traceparent);
    open.held.set(bytesHeld(body));
    const trace = { traceparent, parent: context.traceparent };
    const report = new CallReport(this.outbox, call, Buffer.byteLength(body), trace, this.told);
    const running = new RunningCall(open, report, context, this.overdue);
    this.running.add(running);
    this.sweep.watch(running.deadlineAtMs);
    open.frames.attach(context);
    const step = open.next();
    report.begin(
      () => this.dispatcher.begin(running),
      () => open.fail(unrecorded()),
    );
    return this.orTask(running, this.conclude(running, step, 0));
  }

  /** Gives a parked call the input it waits for, and runs it on. Rejects with `mcp.state_invalid` where there is no such call. */
  async resume(request: RequestOf<typeof ContinueCall>, context: Context): Promise<Reply> {
    const { callId, round, principalId, inputResponses, refusals = {} } = request;
    const answers = new Map(Object.entries(inputResponses));
    for (const answer of answers.values()) {
      if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) {
        throw fail('mcp.params_invalid', { message: 'An input response is not an object', executed: 'no' });
      }
    }
    const { running, requests } = this.parked.take(callId, round, principalId);
    const { open } = running;
    open.logLevel = request.logLevel;
    open.wantsProgress = request.wantsProgress;
    const unanswered = new Map(requests);
    for (const [key, serverRequest] of requests) {
      const answer = answers.get(key);
      const refusal = refusals[key];
      if (answer !== undefined) serverRequest.reply(JSON.stringify(answer));
      else if (refusal !== undefined) serverRequest.refuse(refusal.message, refusal.code);
      else continue;
      unanswered.delete(key);
    }
    if (unanswered.size > 0 && !open.ended) return this.park(running, unanswered, round + 1);
    open.held.rest(false);
    running.serve(context);
    running.tightenDeadline(running.upstream?.timeoutMs ?? this.settings.callTimeoutMs);
    running.upstream?.limiter.reacquire(running.limiterKey, open.call.principal.id);
    running.holdsSlot = true;
    running.enteredAtMs = performance.now();
    running.report.resumed();
    open.frames.attach(context);
    return this.orTask(running, this.conclude(running, open.next(), round));
  }

  /**
   * Keeps a parked call while its client is asked for input. Resolves when the call is parked no more; when the lease is
   * given up before, nobody will bring the input, and the call ends.
   */
  async lease(
    { callId, round, principalId }: RequestOf<typeof LeaseParkedCall>,
    { signal }: Pick<Context, 'signal'>,
  ): Promise<ReplyOf<typeof LeaseParkedCall>> {
    const { holders, running } = this.parked.find(callId, round, principalId);
    running.deadlineAtMs = performance.now() + this.settings.parked.ttlMs;
    const { promise, resolve } = Promise.withResolvers<void>();
    holders.add(resolve);
    const onGivenUp = (): void => this.dismiss(callId);
    signal.addEventListener('abort', onGivenUp);
    if (signal.aborted) onGivenUp();
    await promise;
    signal.removeEventListener('abort', onGivenUp);
    return { over: true };
  }

  /** Ends a parked call: nobody will bring the input it waits for. */
  dismiss(callId: string): void {
    this.expire(callId, fail('bus.cancelled', { executed: 'unknown' }));
  }

  /** Ends what is parked for clients that have not come back. */
  dismissParked(): void {
    const error = fail('upstream.closed', { message: 'The gateway is stopping', executed: 'unknown' });
    for (const callId of this.parked.ids()) this.expire(callId, error);
  }

  close(): void {
    this.deferred.close();
    this.dismissParked();
    this.sweep.stop();
    this.dispatcher.close();
    for (const running of this.running) {
      this.running.delete(running);
      running.open.held.release();
    }
  }

  private orTask(running: RunningCall, concluding: Promise<Reply>): Promise<Reply> {
    const { call, paramsText, frames } = running.open;
    if (call.taskAfterMs === undefined || running.context?.isTask) return concluding;
    return this.deferred.orTask(call, paramsText, concluding, (context) => {
      frames.attach(undefined);
      running.serve(context);
    });
  }

  private async conclude(running: RunningCall, first: Promise<Step>, round: number): Promise<Reply> {
    for (let next = first; ; ) {
      let ended: Ended;
      try {
        const step = await next;
        if (step.kind === 'server-requests') return this.parkFor(running, step.requests, round + 1);
        ended = step;
      } catch (error) {
        next = this.tryAgain(running, error);
        continue;
      }
      const reply = this.answer(running, ended);
      const { frames } = running.open;
      if (frames.busy) await frames.drained();
      return reply;
    }
  }

  /** The next step of a call whose attempt failed. Throws its failure where there is no other attempt. */
  private tryAgain(running: RunningCall, error: unknown): Promise<Step> {
    const failure = toGatewayError(error);
    const again = this.dispatcher.tryAgain(running, failure);
    if (again !== null) return again;
    this.dispatcher.leave(running, failure);
    this.finish(running);
    running.open.held.release();
    running.report.failed(failure);
    throw failure;
  }

  private answer(running: RunningCall, { answer, body }: Ended): Reply {
    const { open, report } = running;
    this.dispatcher.leave(running, undefined);
    this.finish(running);
    const bytes = body === undefined ? 0 : Buffer.byteLength(body);
    if (answer.kind === 'error') report.answered('error', bytes, String(answer.error.code));
    else report.answered(open.isToolError ? 'tool_error' : 'ok', bytes, null);
    return new WithBody(answer, body, () => open.held.release());
  }

  private finish(running: RunningCall): void {
    this.running.delete(running);
    running.upstream?.giveBack(running.open.call.callId);
  }

  private parkFor(running: RunningCall, requests: readonly ServerRequest[], round: number): Reply {
    return this.park(running, new Map(requests.map((request) => [request.key, request])), round);
  }

  private park(running: RunningCall, requests: ReadonlyMap<string, ServerRequest>, round: number): Reply {
    const { open } = running;
    const { callId, principal, client } = open.call;
    try {
      this.parked.park(callId, { running, principalId: principal.id, round, requests, holders: new Set() });
    } catch (error) {
      for (const request of requests.values()) request.refuse('Too many questions are open');
      open.cancel(toGatewayError(error), 'no input can be had');
      throw error;
    }
    open.frames.attach(undefined);
    open.held.rest(true);
    running.context = undefined;
    const { ttlMs } = this.settings.parked;
    // A client without a session comes back by itself, from anywhere; any other is asked by the ingress that made the call.
    running.deadlineAtMs =
      performance.now() + (client.revision === MODERN_REVISION ? ttlMs : Math.min(ttlMs, UNLEASED_MS));
    this.dispatcher.leave(running, undefined);
    return new WithBody(
      { kind: 'input-required', parked: { round } },
      `{"inputRequests":${inputRequestsText(requests.values())}}`,
    );
  }

  private expire(callId: string, error: GatewayError): void {
    const parked = this.parked.remove(callId);
    if (parked === undefined) return;
    const { running, requests } = parked;
    for (const request of requests.values()) request.refuse('There will be no answer');
    running.open.cancel(error, 'there will be no answer');
    this.finish(running);
    running.open.held.release();
    running.report.failed(fail('bus.cancelled', { executed: 'unknown' }));
  }
}
