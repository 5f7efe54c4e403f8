import type { Answer, AskOptions, Bus } from '#libs/bus';
import {
  type CallAnswer,
  type CallFrame,
  ContinueCall,
  ExecuteCall,
} from '#contracts/tool-invocation/execute-call.request';
import { toGatewayError } from '#libs/errors';
import type { Claim } from '#libs/resilience';
import { isObject, isTaskMethod, resourceLinksOf, textOf } from '#libs/mcp';
import type { ParkedCallRetry, RoutedCall } from '../call/index.js';
import type { ResourceLinks } from '../catalog/index.js';
import { taskUnknown } from '../sealing/index.js';
import type { SessionAffinity } from '../sessions/index.js';
import { frameWriter } from './call-frames.js';
import type { CallJournal } from './call-journal.js';
import type { Consents } from './consents.js';
import { type InputLoop, isSessionCall } from './input-loop.js';
import { callEnded } from './parked-call-lease.js';
import { type ResourceCache, isPlainRead } from './resource-cache.js';

/** What became of a call. */
export interface SettledCall {
  readonly call: RoutedCall;
  readonly answer: Answer<CallAnswer>;
}

/** What receives an answer: what comes before it, and what counts as held of it. */
type Receiver = Pick<AskOptions<CallFrame>, 'onFrame' | 'holds'>;

/** What is asked of clients before their calls go on. */
export interface Asking {
  readonly inputLoop: InputLoop;
  readonly consents: Consents;
}

/** So that the one who runs the call is the one who says that it took too long. */
const MARGIN_MS = 1_000;

/** Hands calls to tool-invocation and waits for what comes back. Rejects with what the call failed of. */
export class Forwarder {
  constructor(
    private readonly bus: Bus,
    private readonly journal: CallJournal,
    private readonly asking: Asking,
    private readonly affinity: SessionAffinity,
    private readonly resources: ResourceCache,
    private readonly links: ResourceLinks,
  ) {}

  /** Fails with what the call failed of; the error says whether it may have run. */
  async forward(call: RoutedCall, holds: Claim): Promise<SettledCall> {
    call.reply.underWay();
    const receiver = { onFrame: frameWriter(call), holds };
    let answer: Answer<CallAnswer>;
    try {
      answer = await this.begin(call, receiver);
    } catch (error) {
      answer = await this.asking.consents.answer(call, error, (again) => this.begin(again, receiver));
    }
    if (answer.head.kind === 'input-required' && isSessionCall(call)) {
      answer = await this.asking.inputLoop.run(call, answer, {
        execute: (next) => this.execute(next, receiver),
        continue: (parked) => this.continue(call, parked, receiver),
      });
    }
    const links = linksIn(call, answer);
    if (links !== undefined) await this.links.note(call, call.outgoing.upstreamId, links);
    return { call, answer };
  }

  private begin(call: RoutedCall, receiver: Receiver): Promise<Answer<CallAnswer>> {
    if (call.parked !== null) return this.continue(call, call.parked, receiver);
    if (isPlainRead(call)) return this.resources.answer(call, () => this.execute(call, receiver));
    return this.execute(call, receiver);
  }

  private execute(call: RoutedCall, receiver: Receiver): Promise<Answer<CallAnswer>> {
    const { callId } = call.outgoing;
    const options = { ...this.options(call, callId, receiver), body: call.body };
    if (call.instance !== null) return this.watch(call, callId, this.executeThere(call, call.instance, options));
    const { dedicatedSession } = call.outgoing;
    if (dedicatedSession === undefined)
      return this.watch(call, callId, this.bus.ask(ExecuteCall, call.outgoing, options));
    const ask = (instance: string) => this.bus.ask(ExecuteCall, call.outgoing, { ...options, instance });
    return this.watch(call, callId, this.affinity.ask(call, dedicatedSession, ask));
  }

  /** Where a task is kept. When that instance is gone, another may find it at the upstream, if that is where it is. */
  private async executeThere(
    call: RoutedCall,
    instance: string,
    options: AskOptions<CallFrame>,
  ): Promise<Answer<CallAnswer>> {
    try {
      return await this.bus.ask(ExecuteCall, call.outgoing, { ...options, instance });
    } catch (error) {
      if (toGatewayError(error).code !== 'bus.no_responders') throw error;
      if (call.outgoing.affinity === 'instance') throw taskUnknown();
      return await this.bus.ask(ExecuteCall, call.outgoing, options);
    }
  }

  private continue(call: RoutedCall, parked: ParkedCallRetry, receiver: Receiver): Promise<Answer<CallAnswer>> {
    const { outgoing } = call;
    const { instance, ...answers } = parked;
    const request = {
      ...answers,
      principalId: outgoing.principal.id,
      ...(outgoing.logLevel !== undefined && { logLevel: outgoing.logLevel }),
      wantsProgress: outgoing.wantsProgress,
    };
    const options = this.options(call, parked.callId, receiver);
    return this.watch(call, parked.callId, this.bus.ask(ContinueCall, request, { ...options, instance })).catch(
      (error: unknown) => {
        // The instance that held the call is gone, and the call with it.
        throw toGatewayError(error).code === 'bus.no_responders' ? callEnded() : error;
      },
    );
  }

  private options(call: RoutedCall, callId: string, receiver: Receiver): AskOptions<CallFrame> {
    return {
      timeoutMs: call.timeoutMs + MARGIN_MS,
      signal: call.abort,
      callId,
      traceparent: call.trace.traceparent,
      ...receiver,
    };
  }

  private watch(call: RoutedCall, callId: string, asked: Promise<Answer<CallAnswer>>): Promise<Answer<CallAnswer>> {
    asked.catch((error: unknown) => this.journal.failed(call, callId, toGatewayError(error)));
    return asked;
  }
}

/** Of a task the result stands in the text, which is read by whoever asks for a task. */
const linksIn = ({ outgoing }: RoutedCall, { head, body }: Answer<CallAnswer>): readonly string[] | undefined => {
  if (head.kind !== 'result') return undefined;
  if (!isTaskMethod(outgoing.method) || body?.includes('"resource_link"') !== true) return head.links;
  const { result } = JSON.parse(textOf(body)) as { result?: unknown };
  return isObject(result) ? resourceLinksOf(result) : undefined;
};
