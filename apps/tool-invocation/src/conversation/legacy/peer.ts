import {
  askProblem,
  errorText,
  type IncomingError,
  type IncomingNotification,
  type IncomingRequest,
  type IncomingResult,
  isTaskMethod,
  LEGACY_REVISIONS,
  notificationText,
  requestText,
  resultText,
  withMeta,
} from '#libs/mcp';
import { InFlight } from '#libs/bus';
import { fail, type GatewayError } from '#libs/errors';
import type { LogLevel } from '#contracts/tool-invocation/execute-call.request';
import { isLower, type OpenCall, type UpstreamSide } from '../../call/open-call.js';
import { asObject } from '../as-object.js';
import type { Channel } from '../../transport/channel.js';
import { CLIENT_INFO } from '../client-info.js';
import { nextRequestId, request, type Response } from '../request.js';
import type { Errand } from './errand.js';
import { Exchange, type ExchangeSink } from '../../transport/exchange.js';
import { askParamsText, giveLegacyError, giveLegacyResult, legacyParams } from './answer.js';
import { toUpstreamError } from '../upstream-error.js';
import { LegacyTasks } from './tasks.js';
import {
  announce,
  NOTHING_WATCHED,
  type Peer,
  type PeerEvents,
  type PeerIdentity,
  type TaskEars,
  type Watched,
} from '../peer.js';
import { HttpRefusal } from '../../transport/http/refusal.js';
import { relayLog, relayProgress } from '../relay-frames.js';
import { staleSession } from '../../call/stale.js';

const METHOD_NOT_FOUND = -32601;
const INVALID_PARAMS = -32602;
const ASK_CHARS_MAX = 4_194_304;
const SET_LEVEL_MS = 5_000;
const LISTEN_PATIENCE_MS = 250;

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
 * asked something, to one principal alone, so that a question can only reach the one whose call raised it.
 */
export class LegacySession implements Peer {
  usedAtMs = performance.now();
  private lost = false;
  private listening = false;
  /** While the stream that belongs to no request is being opened. */
  private opening: Promise<void> | undefined;
  private readonly calls = new InFlight<LegacyCall>();
  private level: LogLevel | undefined;
  private settingLevel: Promise<void> | undefined;
  private watched: Watched = NOTHING_WATCHED;
  private readonly tasks: LegacyTasks = new LegacyTasks(this);

  /** Shakes hands over the channel. */
  static async open(channel: Channel, options: SessionOptions): Promise<LegacySession> {
    const params = {
      protocolVersion: LEGACY_REVISIONS[0],
      capabilities: options.capabilities,
      clientInfo: CLIENT_INFO,
    };
    const { message } = await request(channel, 'initialize', params, null, {
      timeoutMs: options.timeoutMs,
      opensSession: true,
    });
    if (message.kind === 'error') {
      const said = message.error.message.slice(0, 256);
      throw fail('upstream.not_mcp', { message: `The upstream refused to initialize: ${said}`, executed: 'no' });
    }
    const identity = identityOf(message.result);
    channel.protocolVersion = identity.protocolVersion;
    await channel.post(notificationText('notifications/initialized'));
    return new LegacySession(identity, channel, options);
  }

  private constructor(
    public identity: PeerIdentity,
    readonly channel: Channel,
    private readonly options: SessionOptions,
  ) {}

  get closed(): boolean {
    return this.lost || this.channel.closed;
  }

  get uses(): number {
    const pinned = this.watched.lists && this.options.pinnedByLists ? 1 : 0;
    return this.calls.size + this.tasks.size + this.watched.uris.length + pinned;
  }

  start(call: OpenCall): void {
    this.listen();
    // What a server asks or tells on that stream before it is open is lost, and with it the call.
    if (this.opening === undefined) this.prepare(call);
    else void this.opening.then(() => this.prepare(call));
  }

  private prepare(call: OpenCall): void {
    if (call.logLevel !== undefined && this.identity.capabilities.logging && isLower(call.logLevel, this.level)) {
      void this.lowerLevel(call.logLevel).then(() => this.begin(call));
    } else this.begin(call);
  }

  request(method: string, params: object, timeoutMs: number): Promise<Response> {
    this.usedAtMs = performance.now();
    return request(this.channel, method, params, null, { timeoutMs });
  }

  /** A request whose answer nobody waits for. */
  tell(method: string, params: object): void {
    void this.request(method, params, SET_LEVEL_MS).catch(() => {});
  }

  followTasks(ears: TaskEars): () => void {
    return this.tasks.follow(ears);
  }

  retire(): void {
    this.tasks.end();
  }

  watch(watched: Watched): void {
    const before = new Set(this.watched.uris);
    const after = new Set(watched.uris);
    this.watched = watched;
    this.listen();
    const resources = this.identity.capabilities.resources as { subscribe?: unknown } | undefined;
    if (!resources?.subscribe) return;
    for (const uri of after) if (!before.has(uri)) this.tell('resources/subscribe', { uri });
    for (const uri of before) if (!after.has(uri)) this.tell('resources/unsubscribe', { uri });
  }

  /** What comes on the stream that belongs to no request. */
  received(message: IncomingRequest | IncomingNotification): void {
    if (message.kind === 'request') this.asked(message, undefined);
    else this.notified(message, undefined);
  }

  async close(): Promise<void> {
    for (const call of this.calls) {
      this.calls.delete(call);
      call.abandon();
    }
    await this.channel.close();
  }

  /** A question of the upstream: on the stream of a call, or to be attributed to the newest one that is open. */
  asked(message: IncomingRequest, call: LegacyCall | undefined): void {
    if (message.method === 'ping') return this.post(resultText(message.id, '{}'));
    const open = (call ?? this.newest())?.asker;
    const asked = this.tasks.askedBy(message) ?? open;
    if (asked === undefined)
      return this.post(errorText(message.id, METHOD_NOT_FOUND, 'No call is open that this could belong to'));
    const problem =
      askProblem(message.method, message.params, asked.call.client.capabilities) ??
      (message.paramsText.length > ASK_CHARS_MAX ? 'The request is too large' : null);
    if (problem !== null) {
      const code = problem === 'Method not found' ? METHOD_NOT_FOUND : INVALID_PARAMS;
      return this.post(errorText(message.id, code, problem));
    }
    asked.ask({
      method: message.method,
      paramsText: askParamsText(message.paramsText),
      reply: (result) => this.post(resultText(message.id, result)),
      refuse: (reason, code = INVALID_PARAMS) => this.post(errorText(message.id, code, reason)),
    });
  }

  notified(message: IncomingNotification, call: LegacyCall | undefined): void {
    const { method, params } = message;
    if (method === 'notifications/progress') {
      const { progressToken: token } = params;
      const running = typeof token === 'number' ? (this.callOf(token)?.open ?? this.tasks.callOf(token)) : undefined;
      if (running !== undefined) relayProgress(message, running);
    } else if (method === 'notifications/message') {
      // Only the stream says whose a log message is; where there is none, there must be no doubt.
      const only = this.calls.size === 1 ? this.newest() : undefined;
      const running = call ?? (this.channel.sessionful ? undefined : only);
      if (running !== undefined) relayLog(message, running.open);
    } else if (method === 'notifications/tasks/status') this.tasks.changed(params.taskId);
    else announce(method, params, this.options.events);
  }

  settled(call: LegacyCall): void {
    this.calls.delete(call);
    this.usedAtMs = performance.now();
  }

  /** The upstream has forgotten us; another session takes over. */
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

  private callOf(requestId: number): LegacyCall | undefined {
    for (const call of this.calls) if (call.exchange.id === requestId) return call;
    return undefined;
  }

  private newest(): LegacyCall | undefined {
    let newest: LegacyCall | undefined;
    for (const call of this.calls) if (newest === undefined || call.exchange.id > newest.exchange.id) newest = call;
    return newest;
  }

  /** Sends a call, or something else that has to be asked for its sake. */
  send(open: OpenCall, errand: Errand): LegacyCall | undefined {
    if (open.ended) return undefined;
    const call = new LegacyCall(this, open, errand);
    this.calls.add(call);
    this.channel.request(call.exchange);
    return call;
  }

  /** Gives a call the answer of the upstream. */
  give(open: OpenCall, message: IncomingResult | IncomingError): void {
    if (message.kind === 'result') giveLegacyResult(open, message);
    else giveLegacyError(open, message);
  }

  private begin(open: OpenCall): void {
    if (isTaskMethod(open.call.method)) return this.tasks.operate(open);
    const paramsText = legacyParams(open.paramsText);
    if (this.tasks.wants(open)) this.tasks.begin(open, paramsText);
    else this.send(open, { paramsText });
  }

  /** Lazily: many servers offer no such stream, and many sessions never need it. */
  private listen(): void {
    if (this.listening || !this.channel.sessionful) return;
    this.listening = true;
    this.opening = Promise.race([this.channel.listen(), listenPatience()]).finally(() => {
      this.opening = undefined;
    });
  }

  private async lowerLevel(level: LogLevel): Promise<void> {
    while (this.settingLevel !== undefined) await this.settingLevel;
    if (!isLower(level, this.level)) return;
    this.level = level;
    this.settingLevel = this.request('logging/setLevel', { level }, SET_LEVEL_MS).then(
      () => {},
      () => {},
    );
    await this.settingLevel;
    this.settingLevel = undefined;
  }
}

export class LegacyCall implements ExchangeSink, UpstreamSide {
  seat = -1;
  readonly exchange: Exchange;
  /** Who the upstream's questions on its stream are put to. */
  readonly asker: Pick<OpenCall, 'call' | 'ask'>;

  constructor(
    private readonly session: LegacySession,
    readonly open: OpenCall,
    private readonly errand: Errand,
  ) {
    const { call, traceparent, wantsProgress } = open;
    const { method = call.method, paramsText = open.paramsText, asked } = errand;
    const id = nextRequestId();
    const meta: Record<string, unknown> = { ...call.meta, traceparent };
    if (wantsProgress) meta.progressToken = id;
    const text = requestText(id, method, withMeta(paramsText, meta));
    this.exchange = new Exchange(id, text, ['traceparent', traceparent], this);
    this.asker = asked === undefined ? open : { call, ask: asked };
    open.carrier = this.exchange;
    open.upstreamSide = this;
  }

  answered(message: IncomingResult | IncomingError, httpStatus: number | undefined): void {
    this.open.heard = true;
    this.session.settled(this);
    if (message.kind === 'error' && this.meansLostSession(httpStatus, message.error.message)) return this.failLost();
    try {
      this.take(message)?.catch((error: unknown) => this.open.fail(toUpstreamError(error)));
    } catch (error) {
      this.open.fail(toUpstreamError(error));
    }
  }

  notified(message: IncomingNotification): void {
    this.open.heard = true;
    this.session.notified(message, this);
  }

  asked(message: IncomingRequest): void {
    this.open.heard = true;
    this.session.asked(message, this);
  }

  postponed(retryMs: number): void {
    this.open.postpone(retryMs);
  }

  failed(error: GatewayError): void {
    this.session.settled(this);
    this.open.heard ||= this.exchange.heard;
    const { cause } = error;
    if (cause instanceof HttpRefusal && this.meansLostSession(cause.status, cause.said)) this.failLost();
    else this.open.fail(error);
  }

  abandon(): void {
    this.exchange.abandon();
    this.open.fail(fail('upstream.closed', { executed: this.exchange.executed }));
  }

  private take(message: IncomingResult | IncomingError): Promise<void> | undefined {
    const { take, refused } = this.errand;
    const taker = message.kind === 'result' ? take : refused;
    if (taker === undefined) {
      this.session.give(this.open, message);
      return undefined;
    }
    this.open.upstreamSide = undefined;
    return taker(message as never) ?? undefined;
  }

  cancel(reason: string): void {
    this.session.settled(this);
    this.exchange.abandon();
    if (this.errand.cancel !== undefined) this.errand.cancel();
    else if (this.exchange.sent)
      this.session.post(notificationText('notifications/cancelled', { requestId: this.exchange.id, reason }));
  }

  /** 404 by the book; 400 from servers that have not read it. */
  private meansLostSession(httpStatus: number | undefined, said: string): boolean {
    if (!this.session.channel.sessionful) return false;
    return httpStatus === 404 || (httpStatus === 400 && /session/i.test(said));
  }

  private failLost(): void {
    this.session.lose();
    this.open.fail(staleSession());
  }
}

/** Some servers send no headers before there is an event. */
const listenPatience = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, LISTEN_PATIENCE_MS).unref());

const identityOf = (result: Readonly<Record<string, unknown>>): PeerIdentity => {
  const { protocolVersion, serverInfo, capabilities, instructions } = result;
  if (!(LEGACY_REVISIONS as readonly unknown[]).includes(protocolVersion)) {
    const version = String(protocolVersion).slice(0, 32);
    throw fail('upstream.not_mcp', {
      message: `The upstream speaks revision ${version}, which is not served`,
      executed: 'no',
    });
  }
  return {
    era: 'legacy',
    protocolVersion: protocolVersion as string,
    serverInfo: asObject(serverInfo),
    capabilities: asObject(capabilities),
    instructions: typeof instructions === 'string' ? instructions : null,
  };
};
