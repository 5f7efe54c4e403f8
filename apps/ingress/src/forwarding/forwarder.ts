import type { Answer, AskOptions, Bus } from '#libs/bus';
import {
  type CallAnswer,
  type CallFrame,
  ContinueCall,
  ExecuteCall,
} from '#contracts/tool-invocation/execute-call.request';
import { toGatewayError } from '#libs/errors';
import type { BoundCall, ParkedCall } from '../call/calls.js';
import type { ResourceLinks } from '../catalog/resource-links.js';
import { taskUnknown } from '../sealing/task-id.js';
import { over } from './parked-call-lease.js';
import { frameWriter } from './call-frames.js';
import type { CallJournal } from './call-journal.js';
import { type InputLoop, isSessionCall } from './input-loop.js';
import { type ResourceCache, isPlainRead } from './resource-cache.js';
import type { SessionKeepers } from '../sessions/session-affinity.js';

/** What became of a call. */
export interface SettledCall {
  readonly call: BoundCall;
  readonly answer: Answer<CallAnswer>;
}

type OnFrame = AskOptions<CallFrame>['onFrame'];

/** So that the one who runs the call is the one who says that it took too long. */
const MARGIN_MS = 1_000;

/** Hands calls to tool-invocation and waits for what comes back. */
export class Forwarder {
  constructor(
    private readonly bus: Bus,
    private readonly journal: CallJournal,
    private readonly inputLoop: InputLoop,
    private readonly keepers: SessionKeepers,
    private readonly resources: ResourceCache,
    private readonly links: ResourceLinks,
  ) {}

  async forward(call: BoundCall): Promise<SettledCall> {
    call.reply.underWay();
    const onFrame = frameWriter(call);
    let answer = await this.begin(call, onFrame);
    if (answer.head.kind === 'input-required' && isSessionCall(call)) {
      answer = await this.inputLoop.run(call, answer, {
        execute: (next) => this.execute(next, onFrame),
        continue: (parked) => this.continue(call, parked, onFrame),
      });
    }
    const noting = this.links.note(call, answer);
    if (noting !== undefined) await noting;
    return { call, answer };
  }

  private begin(call: BoundCall, onFrame: OnFrame): Promise<Answer<CallAnswer>> {
    if (call.parked !== null) return this.continue(call, call.parked, onFrame);
    if (isPlainRead(call)) return this.resources.answer(call, () => this.execute(call, onFrame));
    return this.execute(call, onFrame);
  }

  private execute(call: BoundCall, onFrame: OnFrame): Promise<Answer<CallAnswer>> {
    const { callId } = call.routed;
    const options = { ...this.options(call, callId, onFrame), body: call.body };
    if (call.instance !== null) return this.watch(call, callId, this.executeThere(call, call.instance, options));
    const { ownSession } = call.routed;
    if (ownSession === undefined) return this.watch(call, callId, this.bus.ask(ExecuteCall, call.routed, options));
    const ask = (instance: string) => this.bus.ask(ExecuteCall, call.routed, { ...options, instance });
    return this.watch(call, callId, this.keepers.ask(call, ownSession, ask));
  }

  /** Where a task is kept. When that instance is gone, another may find it at the upstream, if that is where it is. */
  private async executeThere(
    call: BoundCall,
    instance: string,
    options: AskOptions<CallFrame>,
  ): Promise<Answer<CallAnswer>> {
    try {
      return await this.bus.ask(ExecuteCall, call.routed, { ...options, instance });
    } catch (error) {
      if (toGatewayError(error).code !== 'bus.no_responders') throw error;
      if (call.routed.keeper === 'instance') throw taskUnknown();
      return await this.bus.ask(ExecuteCall, call.routed, options);
    }
  }

  private continue(call: BoundCall, parked: ParkedCall, onFrame: OnFrame): Promise<Answer<CallAnswer>> {
    const { routed } = call;
    const { instance, ...answers } = parked;
    const request = {
      ...answers,
      principalId: routed.principal.id,
      ...(routed.logLevel !== undefined && { logLevel: routed.logLevel }),
      wantsProgress: routed.wantsProgress,
    };
    const options = this.options(call, parked.callId, onFrame);
    return this.watch(call, parked.callId, this.bus.ask(ContinueCall, request, { ...options, instance })).catch(
      (error: unknown) => {
        // The instance that held the call is gone, and the call with it.
        throw toGatewayError(error).code === 'bus.no_responders' ? over() : error;
      },
    );
  }

  private options(call: BoundCall, callId: string, onFrame: OnFrame): AskOptions<CallFrame> {
    return {
      deadlineAtMs: Date.now() + call.timeoutMs + MARGIN_MS,
      signal: call.abort,
      callId,
      traceparent: call.traceparent,
      onFrame,
    };
  }

  private watch(call: BoundCall, callId: string, asked: Promise<Answer<CallAnswer>>): Promise<Answer<CallAnswer>> {
    asked.catch((error: unknown) => this.journal.failed(call, callId, toGatewayError(error)));
    return asked;
  }
}
