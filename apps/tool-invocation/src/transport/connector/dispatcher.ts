import { Dispatcher } from 'undici';
import type { ConnectorConnection } from '#contracts/tool-invocation/connectors/connector-connection';
import {
  type RelayFrame,
  RelayRequest,
  RelayStream,
  type RelayedRequest,
} from '#contracts/tool-invocation/connectors/relay-request.request';
import type { AskOptions, Bus, Message } from '#libs/bus';
import { onwardHeaders } from '#libs/connector';
import { GatewayError, fail, toGatewayError } from '#libs/errors';
import type { JoinedConnectors } from '../../connectors/joined-connectors.js';
import { RelayController } from './relay-controller.js';
import { SessionPlaces } from './session-places.js';

/** A connector whose instance has gone joins another in about a second. */
const REJOIN_MS = 3_000;
/** The call's own deadline speaks first. */
const DEADLINE_MARGIN_MS = 1_000;

type Handler = Dispatcher.DispatchHandler;

/** What a request through a connector may say besides. */
export interface ConnectorDispatchOptions extends Dispatcher.DispatchOptions {
  /** Milliseconds after which nobody waits for the answer. */
  readonly timeLeftMs?: number | undefined;
}

/**
 * Requests to the upstream of one name, through whichever connector serves it: the nearest first, the next where nothing
 * was sent. Takes the place of a pool of connections; so all that reads responses, limits and counts them is as it is for
 * every upstream over HTTP.
 */
export class ConnectorDispatcher extends Dispatcher {
  private readonly places = new SessionPlaces();
  private isDestroyed = false;
  private readonly open = new Set<RelayController>();

  constructor(
    private readonly name: string,
    private readonly bus: Bus,
    private readonly joined: JoinedConnectors,
  ) {
    super();
  }

  override dispatch(options: ConnectorDispatchOptions, handler: Handler): boolean {
    const controller = new RelayController();
    this.open.add(controller);
    if (this.isDestroyed) controller.abort(new Error('closed'));
    void this.run(options, handler, controller).finally(() => this.open.delete(controller));
    return true;
  }

  // oxlint-disable-next-line typescript/no-explicit-any -- one method for all its overloads
  override async destroy(): Promise<any> {
    this.isDestroyed = true;
    for (const controller of this.open) controller.abort(new Error('closed'));
  }

  private async run(options: ConnectorDispatchOptions, handler: Handler, controller: RelayController): Promise<void> {
    const relaying = new Relaying(handler, controller, (headers, place) => this.places.note(headers, place));
    const silenceMs = options.headersTimeout ?? 0;
    const silence = silenceMs === 0 ? undefined : setTimeout(() => relaying.giveUpUnlessAnswered(), silenceMs).unref();
    const startedAtMs = performance.now();
    const giveUpAtMs = startedAtMs + REJOIN_MS;
    const deadlineAtMs = options.timeLeftMs === undefined ? undefined : startedAtMs + options.timeLeftMs;
    const headers = onwardHeaders((options.headers ?? []) as readonly string[]);
    const place = this.places.of(headers);
    const tried = new Set<string>();
    let failure: GatewayError | undefined;
    try {
      while (!controller.aborted) {
        const connection = await this.next(place, tried, giveUpAtMs);
        if (connection === undefined) break;
        tried.add(connection.id);
        // From here it may be executed; whoever does not want it any more says so now.
        relaying.start();
        if (controller.aborted) break;
        failure = await this.relay(connection, { options, headers, deadlineAtMs }, relaying);
        if (failure === undefined) return relaying.ended();
        if (failure.executed !== 'no' || relaying.hasResponse) return relaying.failed(failure);
      }
      // The place is gone, and the session with it.
      if (place !== undefined && failure === undefined && !controller.aborted) return relaying.sessionUnknown();
      relaying.failed(failure ?? notJoined(this.name));
    } finally {
      clearTimeout(silence);
    }
  }

  private next(
    place: string | undefined,
    tried: ReadonlySet<string>,
    giveUpAtMs: number,
  ): Promise<ConnectorConnection | undefined> {
    const there = (): ConnectorConnection[] =>
      this.joined.serving(this.name).filter((each) => place === undefined || each.place === place);
    const find = (): ConnectorConnection | undefined => there().find(({ id }) => !tried.has(id));
    // Only where nobody is there at all: one that is there, and does not reach its upstream, says what is wrong.
    const waitMs = there().length === 0 ? giveUpAtMs - performance.now() : 0;
    return this.joined.find(this.name, waitMs, find);
  }

  /** `undefined`: the response has ended. Never rejects. */
  private async relay(
    connection: ConnectorConnection,
    { options, headers, deadlineAtMs }: Relayed,
    relaying: Relaying,
  ): Promise<GatewayError | undefined> {
    const { method, path, body } = options;
    const [, query = ''] = path.split(/\?(.*)/s, 2);
    const request: RelayedRequest = {
      connectionId: connection.id,
      name: this.name,
      method: method as RelayedRequest['method'],
      query,
      headers,
    };
    const asked: AskOptions<RelayFrame> = {
      instance: connection.instance,
      body: typeof body === 'string' ? body : undefined,
      signal: relaying.controller.signal,
      ...(deadlineAtMs !== undefined && {
        timeoutMs: Math.max(1, deadlineAtMs - performance.now()) + DEADLINE_MARGIN_MS,
      }),
      onFrame: (frame) => relaying.take(frame, connection.place),
    };
    try {
      // What is followed for hours is a GET; whoever stops does not wait for its end.
      if (method === 'GET') await this.bus.ask(RelayStream, request, asked);
      else await this.bus.ask(RelayRequest, request, asked);
      return undefined;
    } catch (error) {
      const failure = toGatewayError(error);
      if (failure.code === 'bus.no_responders' || failure.code === 'bus.responder_lost')
        this.joined.forget(connection.id);
      return named(failure);
    }
  }
}

/** What is the same for every connector that a request is tried at. */
interface Relayed {
  readonly options: ConnectorDispatchOptions;
  readonly headers: readonly string[];
  readonly deadlineAtMs: number | undefined;
}

/** One request on its way, as undici tells its handlers. */
class Relaying {
  hasResponse = false;
  private isStarted = false;

  constructor(
    private readonly handler: Handler,
    readonly controller: RelayController,
    private readonly onHead: (headers: readonly string[], place: string) => void,
  ) {}

  take({ head, body }: Message<RelayFrame>, place: string): Promise<void> | undefined {
    const { controller, handler } = this;
    this.start();
    if (controller.aborted) return undefined;
    if (head.kind === 'response') {
      this.hasResponse = true;
      this.onHead(head.headers, place);
      handler.onResponseStart?.(controller, head.status, byName(head.headers));
    } else if (head.kind === 'data') handler.onResponseData?.(controller, Buffer.from(body ?? '', 'latin1'));
    return controller.room();
  }

  ended(): void {
    if (this.controller.reason !== null) return this.failed(this.controller.reason);
    if (this.hasResponse) this.handler.onResponseEnd?.(this.controller, {});
    else this.failed(fail('upstream.closed', { executed: 'unknown' }));
  }

  failed(error: Error): void {
    const { reason } = this.controller;
    // It may have begun, though nobody heard of it.
    if (reason === null && error instanceof GatewayError && error.executed !== 'no') this.start();
    this.handler.onResponseError?.(this.controller, reason ?? error);
  }

  /** As an upstream says it. https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#session-management */
  sessionUnknown(): void {
    this.start();
    this.hasResponse = true;
    this.handler.onResponseStart?.(this.controller, 404, {});
    this.ended();
  }

  giveUpUnlessAnswered(): void {
    if (!this.hasResponse) this.controller.abort(fail('upstream.timed_out', { executed: 'unknown' }));
  }

  /** Whoever hears it counts the request as sent, and can give it up. */
  start(): void {
    if (this.isStarted) return;
    this.isStarted = true;
    this.handler.onRequestStart?.(this.controller, {});
  }
}

const byName = (headers: readonly string[]): Record<string, string | string[]> => {
  const named: Record<string, string | string[]> = Object.create(null) as Record<string, string | string[]>;
  for (let at = 0; at + 1 < headers.length; at += 2) {
    const [name = '', value = ''] = headers.slice(at, at + 2);
    const before = named[name];
    named[name] = before === undefined ? value : [before, value].flat();
  }
  return named;
};

/** What the bus says of the way to the connector, as it is said of an upstream. */
const named = (failure: GatewayError): GatewayError => {
  if (!failure.code.startsWith('bus.')) return failure;
  if (failure.code === 'bus.timed_out') return fail('upstream.timed_out', { executed: failure.executed ?? 'unknown' });
  return failure.executed === 'no'
    ? fail('upstream.unreachable', { executed: 'no', cause: failure })
    : fail('upstream.closed', { executed: 'unknown', cause: failure });
};

const notJoined = (name: string): GatewayError =>
  fail('upstream.unreachable', {
    message: `The upstream cannot be reached: no connector is joined that serves "${name}"`,
    executed: 'no',
  });
