import type { Answer, AskOptions, Bus } from '#libs/bus';
import { type CallAnswer, type CallFrame, ContinueCall, ExecuteCall } from '#libs/contracts';
import { fail, toGatewayError } from '#libs/errors';
import type { BoundCall, ParkedCall } from '../calls.js';
import { frameWriter } from './call-frames.js';
import type { CallJournal } from './call-journal.js';
import { type InputLoop, isSessionCall } from './input-loop.js';

/** What became of a call. */
export interface SettledCall {
  readonly call: BoundCall;
  readonly answer: Answer<CallAnswer>;
}

/** So that the one who runs the call is the one who says that it took too long. */
const MARGIN_MS = 1_000;

/** Hands calls to tool-invocation and waits for what comes back. */
export class Forwarder {
  constructor(
    private readonly bus: Bus,
    private readonly journal: CallJournal,
    private readonly inputLoop: InputLoop,
    private readonly timeoutMs: number,
  ) {}

  async forward(call: BoundCall): Promise<SettledCall> {
    const onFrame = frameWriter(call);
    const answer = call.parked === null ? await this.execute(call, onFrame) : await this.continue(call, call.parked, onFrame);
    if (answer.head.kind !== 'input-required' || !isSessionCall(call)) return { call, answer };
    return { call, answer: await this.inputLoop.run(call, answer, { execute: (next) => this.execute(next, onFrame), continue: (parked) => this.continue(call, parked, onFrame) }) };
  }

  private execute(call: BoundCall, onFrame: AskOptions<CallFrame>['onFrame']): Promise<Answer<CallAnswer>> {
    return this.watch(call, this.bus.ask(ExecuteCall, call.routed, this.options(call, onFrame, call.body, undefined)));
  }

  private continue(call: BoundCall, parked: ParkedCall, onFrame: AskOptions<CallFrame>['onFrame']): Promise<Answer<CallAnswer>> {
    const { routed } = call;
    const { callId, round, inputResponses, instance } = parked;
    const request = {
      callId,
      round,
      principalId: routed.principal.id,
      inputResponses,
      ...(routed.logLevel !== undefined && { logLevel: routed.logLevel }),
      wantsProgress: routed.wantsProgress,
    };
    return this.watch(call, this.bus.ask(ContinueCall, request, this.options(call, onFrame, undefined, instance))).catch((error) => {
      // The instance that held the call is gone, and the call with it.
      throw toGatewayError(error).code === 'bus.no_responders' ? fail('mcp.state_invalid', { message: 'The call has ended meanwhile' }) : error;
    });
  }

  private options(
    call: BoundCall,
    onFrame: AskOptions<CallFrame>['onFrame'],
    body: string | undefined,
    instance: string | undefined,
  ): AskOptions<CallFrame> {
    return {
      body,
      instance,
      deadlineAtMs: Date.now() + this.timeoutMs + MARGIN_MS,
      signal: call.abort.signal,
      callId: call.routed.callId,
      traceparent: call.traceparent,
      onFrame,
    };
  }

  private watch(call: BoundCall, asked: Promise<Answer<CallAnswer>>): Promise<Answer<CallAnswer>> {
    asked.catch((error: unknown) => this.journal.failed(call, toGatewayError(error)));
    return asked;
  }
}
