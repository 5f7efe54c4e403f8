import {
  ALL_CAPABILITIES,
  headerMirrorsOf,
  encodeHeaderValue,
  type HeaderMirror,
  type IncomingError,
  type IncomingNotification,
  type IncomingRequest,
  type IncomingResult,
  META_LOG_LEVEL,
  mirrorHeaders,
  notificationText,
  requestText,
  withMeta,
} from '#libs/mcp';
import { InFlight } from '#libs/bus';
import { fail, type GatewayError } from '#libs/errors';
import type { OpenCall, UpstreamSide } from '../../call/open-call.js';
import type { Channel } from '../../transport/channel.js';
import { nextRequestId, request, type Response } from '../request.js';
import { Exchange, type ExchangeSink } from '../../transport/exchange.js';
import { listPages } from '../list-pages.js';
import { giveModernError, giveModernResult } from './answer.js';
import { modernHeaders, modernMeta } from './request.js';
import { toUpstreamError } from '../upstream-error.js';
import { ModernWatch } from './watch.js';
import { followModernTasks } from './tasks.js';
import type { Peer, PeerEvents, PeerIdentity, TaskEars, Watched } from '../peer.js';
import { HttpRefusal } from '../../transport/http/refusal.js';
import { relayLog, relayProgress } from '../relay-frames.js';
import { staleEra } from '../../call/stale.js';

const HEADER_MISMATCH = -32020;
const NAMED = new Set(['tools/call', 'prompts/get', 'resources/read', 'tasks/get', 'tasks/update', 'tasks/cancel']);
const REFRESH_MS = 10_000;

/** An upstream of 2026-07-28: no session; every request says all there is to know. */
export class ModernPeer implements Peer {
  usedAtMs = performance.now();
  private readonly calls = new InFlight<ModernCall>();
  private readonly followers = new Set<TaskEars>();
  private readonly watcher: ModernWatch;

  constructor(
    public identity: PeerIdentity,
    readonly channel: Channel,
    /** Whether requests carry headers, and cancelling is closing the stream. */
    readonly overHttp: boolean,
    readonly events: PeerEvents,
  ) {
    this.watcher = new ModernWatch(channel, overHttp, ALL_CAPABILITIES, events);
  }

  get closed(): boolean {
    return this.channel.closed;
  }

  get uses(): number {
    return this.calls.size + this.followers.size + (this.watcher.active ? 1 : 0);
  }

  start(call: OpenCall): void {
    const running = new ModernCall(this, call, call.call.headerParams);
    this.calls.add(running);
    running.send();
  }

  done(call: ModernCall): void {
    this.calls.delete(call);
    this.usedAtMs = performance.now();
  }

  request(method: string, params: object, timeoutMs: number): Promise<Response> {
    this.usedAtMs = performance.now();
    return request(this.channel, method, params, modernMeta(ALL_CAPABILITIES), {
      timeoutMs,
      headers: modernHeaders(method),
    });
  }

  watch(watched: Watched): void {
    this.watcher.set(watched);
  }

  followTasks(ears: TaskEars): () => void {
    this.followers.add(ears);
    const stop = followModernTasks(this.channel, this.overHttp, ears);
    return () => {
      this.followers.delete(ears);
      stop();
    };
  }

  retire(): void {
    for (const ears of this.followers) ears.ended();
  }

  /** Messages on a pipe that belong to no request by their form alone. */
  received(message: IncomingNotification | IncomingRequest): void {
    if (message.kind === 'request') return;
    const { progressToken } = message.params;
    for (const call of this.calls) {
      if (message.method === 'notifications/progress' && call.exchange.id === progressToken)
        return call.notified(message);
    }
    // A log message does not say whose it is; it is passed on only when there is no doubt.
    const [only] = this.calls;
    if (message.method === 'notifications/message' && only !== undefined && this.calls.size === 1)
      only.notified(message);
  }

  /** The header mirrors of a tool as the upstream declares them now. */
  async mirrorsOf(tool: string): Promise<readonly HeaderMirror[]> {
    const pages = listPages(this, 'tools/list', 'tools', REFRESH_MS);
    for await (const { texts } of pages) {
      for (const text of texts) {
        const definition = JSON.parse(text) as { name?: unknown; inputSchema?: unknown };
        if (definition.name !== tool) continue;
        const read = headerMirrorsOf(definition.inputSchema);
        return 'mirrors' in read ? read.mirrors : [];
      }
    }
    return [];
  }

  async close(): Promise<void> {
    this.watcher.close();
    await this.channel.close();
  }
}

class ModernCall implements ExchangeSink, UpstreamSide {
  seat = -1;
  exchange!: Exchange;
  private refreshed = false;

  constructor(
    private readonly peer: ModernPeer,
    private readonly open: OpenCall,
    private mirrors: readonly HeaderMirror[],
  ) {}

  send(): void {
    const { call, paramsText, traceparent, logLevel, wantsProgress } = this.open;
    const id = nextRequestId();
    const meta: Record<string, unknown> = { ...call.meta, ...modernMeta(call.client.capabilities), traceparent };
    if (logLevel !== undefined) meta[META_LOG_LEVEL] = logLevel;
    if (wantsProgress) meta.progressToken = id;
    const text = requestText(id, call.method, withMeta(paramsText, meta));
    this.exchange = new Exchange(id, text, this.peer.overHttp ? this.headers(call.method, call.target) : [], this);
    this.open.carrier = this.exchange;
    this.open.upstreamSide = this;
    this.peer.channel.request(this.exchange);
  }

  private headers(method: string, target: string): string[] {
    const headers = modernHeaders(method);
    if (NAMED.has(method)) headers.push('mcp-name', encodeHeaderValue(target));
    headers.push('traceparent', this.open.traceparent);
    if (this.mirrors.length > 0) headers.push(...mirrorHeaders(this.mirrors, this.open.paramsText));
    return headers;
  }

  answered(message: IncomingResult | IncomingError, httpStatus: number | undefined): void {
    this.open.heard = true;
    if (
      message.kind === 'error' &&
      message.error.code === HEADER_MISMATCH &&
      !this.refreshed &&
      this.open.call.method === 'tools/call'
    ) {
      void this.refresh(message);
      return;
    }
    this.peer.done(this);
    try {
      if (message.kind === 'result') giveModernResult(this.open, message);
      else if (this.isFromThePast(message, httpStatus) || !giveModernError(this.open, message))
        this.open.fail(staleEra(undefined));
    } catch (error) {
      this.open.fail(toUpstreamError(error));
    }
  }

  notified(message: IncomingNotification): void {
    this.open.heard = true;
    if (message.method === 'notifications/progress' && message.params.progressToken === this.exchange.id)
      relayProgress(message, this.open);
    else if (message.method === 'notifications/message') relayLog(message, this.open);
  }

  asked(): void {
    // A 2026-07-28 server may not ask by requests, and there is no way to answer one.
    this.exchange.strays++;
  }

  failed(error: GatewayError): void {
    this.peer.done(this);
    this.open.heard ||= this.exchange.heard;
    const { cause } = error;
    // 400, 404, 405 without a modern error: whatever this is now, it is not what it was.
    const isDoubtful = cause instanceof HttpRefusal && [400, 404, 405, 406].includes(cause.status);
    this.open.fail(isDoubtful ? staleEra(error) : error);
  }

  /**
   * The upstream misses a header that mirrors a parameter: its schema has changed.
   * https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http#client-behavior
   */
  private async refresh(refusal: IncomingError): Promise<void> {
    this.refreshed = true;
    this.peer.events.listChanged('tools');
    try {
      this.mirrors = await this.peer.mirrorsOf(this.open.call.target);
    } catch {
      this.peer.done(this);
      this.open.fail(
        fail('upstream.invalid_answer', {
          message: `The upstream refused the headers: ${refusal.error.message.slice(0, 256)}`,
          executed: 'no',
        }),
      );
      return;
    }
    if (this.open.ended) this.peer.done(this);
    else this.send();
  }

  /** Session servers turn away what does not begin with `initialize` with a code of their own: the era has changed. */
  private isFromThePast({ error: { code } }: IncomingError, httpStatus: number | undefined): boolean {
    return this.open.repeats === 0 && (httpStatus === 400 || httpStatus === 404) && code <= -32000 && code >= -32019;
  }

  cancel(): void {
    this.peer.done(this);
    this.exchange.abandon();
    if (this.peer.overHttp || !this.exchange.sent) return;
    const params = { requestId: this.exchange.id, reason: 'cancelled' };
    void this.peer.channel.post(notificationText('notifications/cancelled', params)).catch(() => {});
  }
}
