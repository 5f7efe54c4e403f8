import {
  askProblem,
  canBeAsked,
  ELICITATION_COMPLETE,
  errorText,
  type IncomingError,
  type IncomingNotification,
  type IncomingRequest,
  type IncomingResult,
  isTaskMethod,
  resultText,
  INVALID_PARAMS,
  INVALID_REQUEST,
  METHOD_NOT_FOUND,
  isAtLeast,
  URL_ELICITATION_REQUIRED,
} from '#libs/mcp';
import { SlotMap } from '#libs/bus';
import type { LogLevel } from '#contracts/tool-invocation/execute-call.request';
import { CALL_HAS_ENDED, type OpenCall } from '../../call/open-call.js';
import type { Channel } from '../../transport/channel.js';
import { LogOwners } from '../log-owners.js';
import { announce, relayLog, relayOther, relayProgress } from '../notifications.js';
import type { Peer, PeerEvents, PeerIdentity, TaskListener, Watched } from '../peer.js';
import { request, type Response } from '../request.js';
import { giveLegacyError, giveLegacyResult } from './answer.js';
import { LegacyCall, type LegacyCallOwner, type RequestOverrides } from './call.js';
import { initialize, legacyParams, serverRequestParams } from './request.js';
import { toGatewayError } from '#libs/errors';
import { HttpRefusal } from '../../transport/http/refusal.js';
import { refusesSession, saysLostSession } from './lost-session.js';
import { QuestionOwners } from './question-owners.js';
import { LegacyTasks } from './tasks.js';
import { UrlElicitations } from './url-elicitations.js';
import { LegacyWatch } from './watch.js';

const REQUEST_CHARS_MAX = 4_194_304;
const SET_LEVEL_MS = 5_000;

export interface SessionOptions {
  /** What is declared to the upstream, and so what it may ask for. */
  readonly capabilities: Readonly<Record<string, unknown>>;
  readonly events: PeerEvents;
  readonly timeoutMs: number;
  /** Watching lists keeps the session from being ended for idleness. */
  readonly pinnedByLists: boolean;
}

/**
 * A session with an upstream before 2026-07-28. It belongs to clients with one set of capabilities; where these can be
 * asked something, to one principal alone. A question reaches the client whose call raised it, or nobody.
 */
export class LegacyPeer implements Peer, LegacyCallOwner {
  usedAtMs = performance.now();
  private lost = false;
  private readonly calls = new SlotMap<LegacyCall>();
  private level: LogLevel | undefined;
  private settingLevel: Promise<void> | undefined;
  private readonly tasks: LegacyTasks = new LegacyTasks(this);
  readonly asking: QuestionOwners;
  private readonly watcher: LegacyWatch;
  private readonly urls: UrlElicitations;
  readonly logs: LogOwners;

  /** Shakes hands over the channel. Rejects with `upstream.not_mcp` where the upstream speaks no revision that is served. */
  static async open(channel: Channel, options: SessionOptions): Promise<LegacyPeer> {
    const { capabilities, timeoutMs, events } = options;
    const identity = await initialize(channel, capabilities, timeoutMs, (error) => events.passedOver(error));
    return new LegacyPeer(identity, channel, options);
  }

  private constructor(
    public identity: PeerIdentity,
    readonly channel: Channel,
    private readonly options: SessionOptions,
  ) {
    this.asking = new QuestionOwners(channel, this.calls, this.tasks);
    this.watcher = new LegacyWatch(this, canBeAsked(options.capabilities));
    this.logs = new LogOwners(this.calls, options.events);
    this.urls = new UrlElicitations((open) => this.begin(open), options.events);
  }

  get closed(): boolean {
    return this.lost || this.channel.closed;
  }

  get uses(): number {
    const { lists, uris } = this.watcher.watched;
    const pinned = lists && this.options.pinnedByLists ? 1 : 0;
    return this.calls.size + this.tasks.size + this.urls.size + uris.length + pinned;
  }

  start(call: OpenCall): void {
    this.watcher.listen();
    // A request that the server sends before that stream is open would be lost, and with it the call.
    const { opening } = this.watcher;
    if (opening === undefined) this.prepare(call);
    else void opening.then(() => this.prepare(call));
  }

  private prepare(call: OpenCall): void {
    if (call.logLevel !== undefined && this.identity.capabilities.logging && this.isQuieter(call.logLevel)) {
      void this.lowerLevel(call.logLevel).then(() => this.begin(call));
    } else this.begin(call);
  }

  async request(method: string, params: object, timeoutMs: number): Promise<Response> {
    this.usedAtMs = performance.now();
    try {
      const response = await request(this.channel, method, params, null, { timeoutMs });
      const { message, httpStatus } = response;
      if (message.kind === 'error' && this.channel.sessionful && saysLostSession(message, httpStatus)) this.lose();
      return response;
    } catch (error) {
      const { cause } = toGatewayError(error);
      if (cause instanceof HttpRefusal && this.channel.sessionful && refusesSession(cause)) this.lose();
      throw error;
    }
  }

  /** Sends a request and ignores what it is answered; resolves when it is. */
  async fireAndForget(method: string, params: object): Promise<void> {
    await this.request(method, params, SET_LEVEL_MS).catch(() => {});
  }

  followTasks(listener: TaskListener): () => void {
    return this.tasks.follow(listener);
  }

  retire(): void {
    this.tasks.end();
  }

  watch(watched: Watched): void {
    this.watcher.set(watched);
  }

  watching(): Promise<void> {
    return this.watcher.standing();
  }

  /** What comes on the stream that belongs to no request. */
  received(message: IncomingRequest | IncomingNotification): void {
    if (message.kind === 'request') this.requested(message, undefined);
    else this.notified(message, undefined);
  }

  async close(): Promise<void> {
    for (const call of this.calls) {
      this.calls.delete(call);
      call.abandon();
    }
    await this.channel.close();
  }

  /** A request of the upstream: of the task it names, or the call on whose stream it came; else its owner must be certain. */
  requested(message: IncomingRequest, call: LegacyCall | undefined): void {
    if (message.method === 'ping') return this.post(resultText(message.id, '{}'));
    const named = this.tasks.taskOf(message) ?? call;
    const owner = named ?? this.asking.find();
    if (typeof owner === 'string') return this.post(errorText(message.id, INVALID_REQUEST, owner));
    const receiver = 'requestReceiver' in owner ? owner.requestReceiver : owner;
    const problem =
      askProblem(message.method, message.params, receiver.call.client.capabilities) ??
      (message.paramsText.length > REQUEST_CHARS_MAX ? 'The request is too large' : null);
    if (problem !== null) {
      const code = problem === 'Method not found' ? METHOD_NOT_FOUND : INVALID_PARAMS;
      return this.post(errorText(message.id, code, problem));
    }
    const { client } = receiver.call;
    if (message.method === 'elicitation/create') this.urls.note(message.params, client);
    receiver.serverRequest({
      method: message.method,
      paramsText: serverRequestParams(message.paramsText, client.revision),
      reply: (result) => this.post(resultText(message.id, result)),
      refuse: (reason, code = INVALID_PARAMS) => {
        // Then it was another call of the same client that raised it, if one is open.
        if (reason === CALL_HAS_ENDED && named === undefined) this.requested(message, undefined);
        else this.post(errorText(message.id, code, reason));
      },
    });
  }

  notified(message: IncomingNotification, call: LegacyCall | undefined): void {
    const { method, params } = message;
    if (method === 'notifications/progress') {
      const { progressToken: token } = params;
      const running = typeof token === 'number' ? this.runningOf(token, call) : undefined;
      if (running !== undefined) relayProgress(message, running);
    } else if (method === 'notifications/message') {
      if (call !== undefined) relayLog(message, call.open);
      else if (!this.channel.sessionful || this.logs.alone !== undefined) this.logs.take(message);
    } else if (method === 'notifications/tasks/status') this.tasks.changed(params.taskId);
    else if (method === ELICITATION_COMPLETE) this.urls.completed(params.elicitationId, call);
    else if (!announce(method, params, this.options.events) && call !== undefined) relayOther(message, call.open);
  }

  holdMs(open: OpenCall): number {
    return this.channel.sessionful ? 0 : this.logs.holdMs(open);
  }

  settled(call: LegacyCall): void {
    this.calls.delete(call);
    if (!this.channel.sessionful) this.logs.ended(call.open);
    this.usedAtMs = performance.now();
  }

  abandoned(call: LegacyCall): void {
    this.settled(call);
    this.asking.abandon(call);
  }

  answeredLate(id: unknown): void {
    this.asking.answeredLate(id);
  }

  /** The upstream has forgotten the session; another one takes over. */
  lose(): void {
    if (this.lost) return;
    this.lost = true;
    this.tasks.end();
    this.options.events.closed();
    void this.channel.close().catch(() => {});
  }

  post(text: string): void {
    void this.channel.post(text).catch(() => {});
  }

  /** What a progress token belongs to: most often the call on whose stream it came. */
  private runningOf(progressToken: number, call: LegacyCall | undefined): OpenCall | undefined {
    if (call?.exchange.id === progressToken) return call.open;
    for (const other of this.calls) if (other.exchange.id === progressToken) return other.open;
    return this.tasks.callOf(progressToken);
  }

  /** Sends a call, or something else that has to be asked for its sake. */
  send(open: OpenCall, overrides: RequestOverrides): LegacyCall | undefined {
    if (open.ended) return undefined;
    const call = new LegacyCall(this, open, overrides);
    this.calls.add(call);
    this.channel.request(call.exchange);
    return call;
  }

  /** Gives a call the answer of the upstream. */
  give(open: OpenCall, message: IncomingResult | IncomingError): void {
    if (message.kind === 'result') giveLegacyResult(open, message);
    else if (message.error.code === URL_ELICITATION_REQUIRED) this.urls.required(open, message.error);
    else giveLegacyError(open, message);
  }

  private begin(open: OpenCall): void {
    if (isTaskMethod(open.call.method)) return this.tasks.operate(open);
    const paramsText = legacyParams(open.paramsText);
    if (this.tasks.wants(open)) this.tasks.begin(open, paramsText);
    else this.send(open, { paramsText });
  }

  /** Whether the session sends no messages of this level yet. */
  private isQuieter(level: LogLevel): boolean {
    return this.level === undefined || !isAtLeast(level, this.level);
  }

  private async lowerLevel(level: LogLevel): Promise<void> {
    while (this.settingLevel !== undefined) await this.settingLevel;
    if (!this.isQuieter(level)) return;
    this.level = level;
    this.settingLevel = this.request('logging/setLevel', { level }, SET_LEVEL_MS).then(
      () => {},
      () => {},
    );
    await this.settingLevel;
    this.settingLevel = undefined;
  }
}
