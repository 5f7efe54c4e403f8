import { randomUUID } from 'node:crypto';
import {
  A2A_LIMITS,
  type AgentCallArguments,
  AnswerRefused,
  CallerIds,
  agentArguments,
  decodeEvent,
  errorResult,
  messageRequest,
  ONLY_PLACE,
  type OutgoingMessage,
  taskRequest,
  Turn,
  turnResult,
} from '#libs/a2a';
import type { AgentAddress } from '#contracts/registry/resolve-upstream.request';
import { fail, type GatewayError, toGatewayError } from '#libs/errors';
import { asObject, checkDepth, memberText } from '#libs/mcp';
import { ArgumentsRefused, textResult, type ToolResult } from '#libs/openapi';
import { type Claim, bytesHeld } from '#libs/resilience';
import { traceHeaders } from '#libs/telemetry';
import type { OpenCall, UpstreamSide } from '../../call/open-call.js';
import type { AddressBook } from '../../transport/addresses/address-book.js';
import { addressReason, isOfAddress, mayGoElsewhere } from '../../transport/addresses/address-failure.js';
import { Route } from '../../transport/addresses/route.js';
import type { A2aAnswerReader, ResponseSink } from '../../transport/a2a/answer-reader.js';
import type { A2aSender } from '../../transport/a2a/sender.js';
import type { Access } from '../../transport/channel.js';
import { askedForMore } from '../../transport/http/refusal.js';
import { invalidAnswer, toUpstreamError } from '../upstream-error.js';
import { Farewell } from './farewell.js';
import { Pursuit } from './pursuit.js';
import { answerIn, canAskClient, questionOf } from './question.js';

/** What a call is sent with. */
export interface A2aCallMeans {
  readonly agent: AgentAddress;
  /** What sends to the URL of the agent, or to an address of the book. */
  readonly senderAt: (url: string) => A2aSender;
  readonly access: Access;
  /** Its addresses, by the URLs that messages go to, where it has several. */
  readonly book?: AddressBook<string>;
}

/** So long before its deadline a call is answered with where its task is. */
const MARGIN_MS = 250;
/** How long a stream may stay open after the answer before its connection is given up. */
const LINGER_MS = 1_000;
const QUESTIONS_MAX = 10;

/** What a request is for: to send a message, or to hear how its task gets on. */
type Purpose = 'tell' | 'subscribe' | 'get';

/** A tool call on its way to an agent and back. A message is never sent twice: what it became is asked for instead. */
export class A2aCall implements ResponseSink, UpstreamSide {
  slot = -1;
  private turn = new Turn();
  private purpose: Purpose = 'tell';
  private request = '';
  private reader: A2aAnswerReader | undefined;
  private readonly pursuit = new Pursuit();
  private readonly route: Route<string>;
  private ids: CallerIds;
  private closing: NodeJS.Timeout | undefined;
  private waiting: NodeJS.Timeout | undefined;
  /** The access token that is shown, where another may be tried: once. */
  private tokenId: string | undefined;
  /** The agent has answered, or was told something: the call does not begin anew. */
  private hasBegun = false;
  /** The call sends nothing: it waits for a task that there was. */
  private onlyWaits = false;
  /** Of the task that the message goes on with. */
  private earlierTaskId: string | undefined;
  /** It goes on with what the agent has at one address, and nowhere else. */
  private isBound = false;
  private isOver = false;
  private steps = 0;
  private questions = 0;

  constructor(
    private readonly open: OpenCall,
    private readonly means: A2aCallMeans,
    private readonly done: () => void,
  ) {
    open.carrier = this;
    const { agent, book, access } = means;
    this.route = new Route(agent.url, book);
    const places = book?.addresses.map(({ line }) => this.placeOf(line));
    this.ids = new CallerIds(access.idKeys ?? [], open.call.principal.id, places);
  }

  get held(): Claim {
    return this.open.held;
  }

  get executed(): 'no' | 'unknown' {
    return this.hasBegun ? 'unknown' : (this.reader?.executed ?? 'no');
  }

  send(): void {
    this.tokenId = this.means.access.tokenId;
    try {
      this.begin(agentArguments(memberText(this.open.paramsText, 'arguments') ?? '{}', this.ids));
    } catch (error) {
      if (error instanceof ArgumentsRefused) this.give(textResult(error.message, true));
      else this.end(toGatewayError(error));
    }
  }

  received(text: string): void {
    if (this.isOver) return;
    this.open.heard = true;
    this.hasBegun = true;
    this.route.answered();
    this.pursuit.heard();
    try {
      checkDepth(text, A2A_LIMITS.depthMax);
      const { result, error } = asObject(JSON.parse(text));
      if (error !== undefined) return this.refused(error);
      this.turn.take(decodeEvent(result));
    } catch (error) {
      const reason = error instanceof AnswerRefused ? error.message : 'it is no JSON-RPC of A2A';
      return this.stop(() => this.end(invalidAnswer(reason)));
    }
    const { bytesMax } = this.sender;
    if (this.turn.chars > bytesMax) return this.stop(() => this.give(tooLong(bytesMax)));
    this.reader?.keeps(this.turn.chars);
    this.tellProgress();
    // What a subscription did not hear of is asked for once more.
    if (this.turn.isSettled && this.purpose !== 'subscribe') this.conclude();
  }

  ended(): void {
    if (this.isOver) return;
    if (this.turn.taskId === undefined) return this.end(invalidAnswer('it ends before there is one'));
    this.pursue();
  }

  failed(error: GatewayError): void {
    if (this.isOver) return;
    this.open.heard ||= this.reader?.heard === true;
    if (this.hasMoved(error)) return;
    if (this.tokenId !== undefined && asObject(error.data).status === 401) return this.showAnother(this.tokenId, error);
    const { status, scopes } = asObject(error.data);
    if (status === 403 && Array.isArray(scopes)) return this.askForMore(error, scopes as string[]);
    const isLost =
      error.code === 'upstream.closed' || (this.purpose !== 'tell' && error.code === 'upstream.unreachable');
    if (isLost && this.turn.taskId !== undefined && this.pursuit.mayGoOn(this.purpose)) this.pursue();
    else this.end(error);
  }

  cancel(): void {
    const taskId = this.turn.taskId ?? this.earlierTaskId;
    this.stop(() => this.finish());
    if (taskId === undefined || this.onlyWaits) return;
    const { agent, access } = this.means;
    new Farewell(this.open.call.principal.id).send(this.sender, {
      text: taskRequest(agent, 'cancel', taskId),
      version: agent.version,
      access,
      headers: this.traceHeaders,
      isControl: true,
    });
  }

  /** What there was before is where it was. */
  private begin({ parts, contextId, taskId, place }: AgentCallArguments): void {
    this.watchDeadline();
    const earlier = this.means.book?.addresses.find(({ line }) => this.placeOf(line) === place);
    this.isBound = earlier !== undefined;
    if (earlier === undefined) this.route.begin();
    else this.route.beginAt(earlier.line);
    this.ids = this.ids.at(this.placeOf(this.route.line));
    if (parts.length > 0) return this.tell({ messageId: randomUUID(), parts, contextId, taskId });
    this.onlyWaits = true;
    this.turn.taskId = taskId;
    this.ask('get');
  }

  private tell(message: OutgoingMessage): void {
    const { agent } = this.means;
    this.earlierTaskId = message.taskId;
    this.dispatch('tell', messageRequest(agent, agent.isStreaming ? 'stream' : 'send', message));
  }

  /** Hears how the task gets on, by a stream or by asking again after a while. */
  private pursue(): void {
    if (this.turn.isSettled && this.purpose === 'get') return this.conclude();
    const { next, afterMs } = this.pursuit.next(this.purpose, this.means.agent.isStreaming && !this.turn.isSettled);
    this.waiting = setTimeout(() => this.ask(next), afterMs);
  }

  private ask(purpose: 'subscribe' | 'get'): void {
    const { taskId } = this.turn;
    if (this.isOver || taskId === undefined) return;
    try {
      this.dispatch(purpose, taskRequest(this.means.agent, purpose, taskId));
    } catch (error) {
      this.end(toUpstreamError(error));
    }
  }

  private dispatch(purpose: Purpose, text: string): void {
    const { agent, access } = this.means;
    this.purpose = purpose;
    this.request = text;
    this.reader = this.sender.send({ text, version: agent.version, access, headers: this.traceHeaders }, this);
  }

  private get sender(): A2aSender {
    return this.means.senderAt(this.route.line);
  }

  private placeOf(line: string): string {
    return line === this.means.agent.url ? ONLY_PLACE : line;
  }

  /** Whether another address has taken over a message of which nothing was sent to this one. */
  private hasMoved(error: GatewayError): boolean {
    const { route } = this;
    if (!isOfAddress(error)) return false;
    route.failed(addressReason(error));
    const isWhole = this.isBound || this.hasBegun || this.purpose !== 'tell';
    if (isWhole || !mayGoElsewhere(error, false) || !route.goesOn()) return false;
    this.ids = this.ids.at(this.placeOf(route.line));
    try {
      this.dispatch(this.purpose, this.request);
    } catch (problem) {
      this.failed(toUpstreamError(problem));
    }
    return true;
  }

  private get traceHeaders(): readonly string[] {
    return traceHeaders(this.open.traceparent, this.open.call.passedContext);
  }

  /** The agent answered with an error of JSON-RPC. Where a task is pursued, another way may lead to it. */
  private refused(error: unknown): void {
    if (this.purpose === 'subscribe') return this.stop(() => this.pursue());
    if (this.purpose === 'get' && this.turn.isSettled) return this.conclude();
    this.stop(() => this.give(errorResult(error)));
  }

  private showAnother(tokenId: string, refusal: GatewayError): void {
    this.tokenId = undefined;
    const renewing = this.means.access.renew?.(tokenId) ?? Promise.resolve(false);
    renewing
      .then((isRenewed) => {
        if (!isRenewed) this.end(refusal);
        else if (!this.isOver) this.dispatch(this.purpose, this.request);
      })
      .catch((error: unknown) => this.end(toGatewayError(error)));
  }

  private askForMore(refusal: GatewayError, scopes: readonly string[]): void {
    void askedForMore(this.means.access, refusal, scopes).then((error) => this.end(error));
  }

  private tellProgress(): void {
    const { state, saidText } = this.turn;
    if (!this.open.wantsProgress || this.turn.isSettled) return;
    const message = saidText === '' ? (state ?? '') : this.means.access.redact(saidText);
    this.open.progress({ kind: 'progress', progress: ++this.steps, ...(message !== '' && { message }) });
  }

  private conclude(): void {
    const { turn, open } = this;
    this.reader?.leave(LINGER_MS);
    const mayAsk = turn.state === 'input-required' && this.questions < QUESTIONS_MAX;
    if (mayAsk && canAskClient(open.call.client.capabilities)) this.askClient();
    else this.give(turnResult(turn, this.ids));
  }

  /** The agent's question goes to the user; the answer is the next message of the same task. */
  private askClient(): void {
    const { turn } = this;
    const { taskId, contextId } = turn;
    this.questions++;
    clearTimeout(this.closing);
    this.open.serverRequest({
      ...questionOf(this.means.access.redact(turn.text)),
      reply: (result) => {
        const answer = answerIn(result);
        if (answer === null) return this.give(turnResult(turn, this.ids, 'declined'));
        this.turn = new Turn();
        // Whoever takes the call on sets its new deadline right after this.
        queueMicrotask(() => {
          if (this.isOver) return;
          this.watchDeadline();
          const parts = [{ kind: 'text', text: answer } as const];
          this.tell({ messageId: randomUUID(), parts, contextId, taskId });
        });
      },
      refuse: () => this.give(turnResult(turn, this.ids)),
    });
  }

  /** Before the time is up, the caller is told where the task is, rather than that there was no answer. */
  private watchDeadline(): void {
    clearTimeout(this.closing);
    const leftMs = this.open.deadlineAtMs - performance.now() - MARGIN_MS;
    const isUp = leftMs <= 0;
    if (isUp && this.turn.taskId !== undefined) return this.stop(() => this.give(turnResult(this.turn, this.ids)));
    if (!isUp) this.closing = setTimeout(() => this.watchDeadline(), leftMs);
  }

  private stop(tell: () => void): void {
    this.reader?.abandon();
    tell();
  }

  private give({ text, isError }: ToolResult): void {
    if (this.isOver) return;
    this.finish();
    const shown = this.means.access.redact(text);
    this.held.set(bytesHeld(shown));
    this.open.answer({ kind: 'result' }, shown, isError);
  }

  private end(error: GatewayError): void {
    if (this.isOver) return;
    this.finish();
    const { code, message, data, cause } = error;
    this.open.fail(this.hasBegun ? fail(code, { message, executed: 'unknown', cause, ...(data && { data }) }) : error);
  }

  private finish(): void {
    this.isOver = true;
    clearTimeout(this.closing);
    clearTimeout(this.waiting);
    this.done();
  }
}

const tooLong = (bytesMax: number): ToolResult =>
  textResult(`The answer is larger than the limit of ${bytesMax} bytes`, true);
