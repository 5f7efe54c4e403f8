import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, Server as NetServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { fail, type GatewayError } from '#libs/errors';
import { clientAddress } from '#libs/identity';
import { factsOf, httpTraffic, isTracing, type Logger, workTaken } from '#libs/telemetry';
import type { PlatformConfig } from '../platform.config.js';
import { AllowedOrigins } from './allowed-origins.js';
import { BrowserGuard } from './browser-guard.js';
import { CrossOrigin } from './cross-origin.js';
import { descriptorLimit } from './descriptor-limit.js';
import { HeapPressure } from './heap-pressure.js';
import { httpSpanEnded } from './http-span.js';
import type { ChecksMetricsReader, OperationsFace } from './operations-face.js';
import { servedUrl } from './other-names.js';
import { holdPlace, Place, Places } from './place.js';
import { watchPlaces } from './place.instruments.js';
import type { RawHttp } from './raw-http.js';
import { refuse, refuseUpgrade } from './refuse.js';
import { type KnowsCaller, SlowClients } from './slow-clients.js';

export type RequestListener = (request: IncomingMessage, response: ServerResponse) => void;

/** Where Fastify leaves the template of the matched route, for the metrics. */
export const ROUTE = Symbol('ROUTE');

const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
/** Longer than common proxies keep idle connections, so that it is they who close first. */
const KEEP_ALIVE_MS = 75_000;
const HEADER_BYTES_MAX = 16_384;
/** Beyond `MAX_CONNECTIONS`, for whoever asks how this process is: one request each, soon. */
const SPARE_CONNECTIONS = 16;
const SPARE_MS = 2_000;
const IDLE_SWEEP_MS = 50;
/** How long a stopping server answers requests on connections that were idle. */
const LINGER_MS = 500;
const LINGER_STEP_MS = 50;

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'it is taken; set PORT to another one',
  EACCES: 'this user may not open it; ports from 1024 up are open to everybody',
  EADDRNOTAVAIL: 'this machine has no such address; see HOST',
};

export interface FrontServerSettings {
  readonly config: PlatformConfig;
  readonly raw: RawHttp;
  readonly operations: OperationsFace;
  readonly logger: Logger;
}

/**
 * The process' HTTP server. It listens before anything else works and stops listening before anything else stops; in
 * between it passes each request to the raw handlers, then to Fastify, and refuses what is more than can be served.
 */
export class FrontServer {
  readonly server: Server;
  private readonly crossOrigin: CrossOrigin;
  private readonly guard: BrowserGuard;
  private readonly places: Places;
  private readonly slowClients: SlowClients;
  private readonly unwatchPlaces: () => void;
  private application: RequestListener | null = null;
  private stopping = false;
  private readonly connectionsMax: number;
  private connections = 0;
  private readonly disconnected = (): void => {
    this.connections--;
  };
  // Made once, not for each request.
  private readonly closed = (place: Place): void => {
    this.places.leave(place);
    this.record(place);
  };
  private readonly unwritten = (error: Error): void =>
    this.settings.logger.debug({ err: error }, 'the answer could not be written');

  constructor(
    private readonly settings: FrontServerSettings,
    private readonly pressure = new HeapPressure(),
  ) {
    const { config, raw } = settings;
    // One at a time while the heap is nearly full, since work is what makes it shrink again.
    this.places = new Places(() => (this.pressure.isHigh ? 1 : config.BACKPRESSURE));
    raw.placedIn(this.places);
    this.unwatchPlaces = watchPlaces(this.places);
    const limits = {
      bodyBytesPerSecondMin: config.BODY_RATE_MIN,
      strangersPerAddressMax: config.STRANGERS_PER_ADDRESS_MAX,
      addressOf: clientAddress(config.TRUSTED_PROXIES),
      stallMs: config.ANSWER_STALL_TIMEOUT * 1_000,
    };
    this.slowClients = new SlowClients(this.places, limits, (place, failure) => this.cut(place, failure));
    const origins = new AllowedOrigins(config.ALLOWED_ORIGINS);
    this.crossOrigin = new CrossOrigin(origins);
    this.guard = new BrowserGuard(config.ALLOWED_HOSTS, origins);
    this.server = createServer(
      {
        headersTimeout: HEADERS_TIMEOUT_MS,
        requestTimeout: REQUEST_TIMEOUT_MS,
        connectionsCheckingInterval: 1_000,
        keepAliveTimeout: KEEP_ALIVE_MS,
        maxHeaderSize: HEADER_BYTES_MAX,
        // Other upgrades (h2c, which some clients offer with every request) are ignored, as RFC 9110 7.8 allows.
        shouldUpgradeCallback: ({ headers }) => headers.upgrade?.toLowerCase() === 'websocket',
      },
      (request, response) => this.receive(request, response),
    );
    this.connectionsMax = config.MAX_CONNECTIONS || Math.floor(descriptorLimit() / 2);
    this.server.maxConnections = this.connectionsMax + SPARE_CONNECTIONS;
    this.server.on('connection', (socket) => this.connected(socket));
    this.server.on('upgrade', (request, socket, head) => this.upgrade(request, socket, head));
    this.server.on('drop', () => this.server.closeIdleConnections());
  }

  async listen(port: number): Promise<number> {
    const { HOST: host, BACKLOG: backlog } = this.settings.config;
    await new Promise<void>((resolve, reject) => {
      const refused = (error: NodeJS.ErrnoException): void => {
        reject(
          fail('config.invalid', {
            message: `cannot listen on port ${port} of ${host}: ${REASONS[error.code ?? ''] ?? error.code}`,
          }),
        );
      };
      this.server.once('error', refused);
      this.server.listen({ host, port, backlog }, () => {
        this.server.off('error', refused);
        this.server.on('error', (error) =>
          this.settings.logger.error({ err: error }, 'the HTTP server reports an error'),
        );
        resolve();
      });
    });
    return (this.server.address() as AddressInfo).port;
  }

  /**
   * From now on requests that no raw handler takes go to `application`; until then everything is refused. Requests of
   * callers that `knows` knows are not counted as those of strangers; `checkMetricsReader` decides who may read metrics.
   */
  serve(
    application: RequestListener,
    knows: KnowsCaller = () => false,
    checkMetricsReader?: ChecksMetricsReader,
  ): void {
    this.application = application;
    this.slowClients.knows = knows;
    if (checkMetricsReader !== undefined) this.settings.operations.checkMetricsReader = checkMetricsReader;
  }

  /**
   * New connections are refused; those that are open finish what they are doing. Idle ones stay open for a moment: a
   * proxy may be writing a request to one, and cannot know, if it were closed now, that nobody has read it.
   */
  stopAccepting(): void {
    if (this.stopping) return;
    this.stopping = true;
    // After one more look: what is in the queue of the socket would be reset with requests that nobody has read.
    setImmediate(() => setImmediate(() => NetServer.prototype.close.call(this.server)));
    for (const { response } of this.places) if (!response.headersSent) response.shouldKeepAlive = false;
  }

  /** Resolves when every request but the released streams is answered, those on idle connections included. */
  async quiet(): Promise<void> {
    await this.places.quiet();
    let waitedMs = 0;
    // At least one step: a request may be on its way on a connection that is just being accepted.
    do {
      await new Promise((resolve) => setTimeout(resolve, LINGER_STEP_MS));
      waitedMs += LINGER_STEP_MS;
    } while (waitedMs < LINGER_MS && (await this.hasConnections()));
    await this.places.quiet();
  }

  private hasConnections(): Promise<boolean> {
    return new Promise((resolve) => this.server.getConnections((_error, count) => resolve(count > 0)));
  }

  /** Closes what is still open, however it stands. */
  async close(): Promise<void> {
    this.stopAccepting();
    this.pressure.close();
    this.slowClients.close();
    this.unwatchPlaces();
    // Now the HTTP server's own, which closes idle connections and ends its timer.
    this.server.close();
    await new Promise((resolve) => setTimeout(resolve, IDLE_SWEEP_MS));
    this.server.closeAllConnections();
  }

  /** One beyond the cap is there for `/health` and its like; the longest idle make room for others. */
  private connected(socket: Socket): void {
    this.connections++;
    socket.once('close', this.disconnected);
    if (this.connections <= this.connectionsMax) return;
    (socket as SpareSocket)[SPARE] = true;
    const timer = setTimeout(() => socket.destroy(), SPARE_MS);
    timer.unref();
    socket.once('close', () => clearTimeout(timer));
    this.server.closeIdleConnections();
  }

  private receive(request: IncomingMessage, response: ServerResponse): void {
    // A client that hangs up mid-answer must not take the process with it.
    response.on('error', this.unwritten);
    const { [SPARE]: isSpare } = request.socket as SpareSocket;
    if (isSpare) response.shouldKeepAlive = false;
    if (hasTwoHosts(request)) return refuse(response, fail('http.malformed', TWO_HOSTS));
    request.url = servedUrl(request.url ?? '');
    const { origin } = request.headers;
    if (origin !== undefined && this.crossOrigin.answer(request, response, origin)) return;
    if (this.settings.operations.answer(request, response, this.guard)) return;

    const place = new Place(request, response, this.closed);
    const refusal = isSpare ? fail('http.overloaded', TOO_MANY_CONNECTIONS) : this.refusal(place);
    if (refusal !== null) {
      httpTraffic.refused(methodLabel(request.method), refusal.httpStatus);
      this.refuse(request, response, refusal);
      return;
    }
    if (this.stopping) response.shouldKeepAlive = false;
    workTaken.requests++;
    this.places.add(place);
    holdPlace(place);
    place.label = this.dispatch(request, response);
  }

  /** Why it cannot be served, though not all of it has come. What has no body is there as a whole, and takes its place. */
  private refusal(place: Place): GatewayError | null {
    if (this.application === null) return fail('platform.not_ready');
    if (!hasBody(place.request)) return this.places.take(place);
    return this.places.full ? fail('http.overloaded') : null;
  }

  /** In the words of whoever would have taken it. */
  private refuse(request: IncomingMessage, response: ServerResponse, failure: GatewayError): void {
    for (const route of this.settings.raw.routes) if (route.refuse?.(request, response, failure)) return;
    refuse(response, failure);
  }

  private cut(place: Place, failure: GatewayError): void {
    const { request, response } = place;
    place.state = 'cut';
    if (response.headersSent) return void response.destroy();
    response.shouldKeepAlive = false;
    this.refuse(request, response, failure);
  }

  /** Answers the label of the raw route that took the request, or null when Fastify did. */
  private dispatch(request: IncomingMessage, response: ServerResponse): string | null {
    try {
      for (const { handler, label } of this.settings.raw.routes) if (handler(request, response)) return label;
      // For caches in between, whoever asked first.
      if (!response.hasHeader('vary')) response.setHeader('vary', 'Origin');
      const refusal = this.guard.refusal(request.headers);
      if (refusal === null) this.application?.(request, response);
      else refuse(response, refusal);
    } catch (error) {
      this.settings.logger.error({ err: error }, 'a request handler threw');
      if (response.headersSent) response.destroy();
      else refuse(response, fail('platform.internal'));
    }
    return null;
  }

  private record({ request, response, label, startedAtMs }: Place): void {
    const tookMs = performance.now() - startedAtMs;
    const route = label ?? (response as { [ROUTE]?: string })[ROUTE] ?? 'unknown';
    // 499: the client left before it had its answer.
    const status = response.writableFinished ? response.statusCode : 499;
    const method = methodLabel(request.method);
    httpTraffic.answered(method, route, status, tookMs / 1_000);
    if (isTracing()) httpSpanEnded({ request, response, method, route, status, startedAtMs });
    if (this.settings.config.DISABLE_ACCESS_LOG || !this.settings.logger.isLevelEnabled('info')) return;
    const path = request.url?.split('?', 1)[0];
    this.settings.logger.info(
      { method, path, status, ms: Math.round(tookMs * 10) / 10, ...factsOf(request) },
      'request',
    );
  }

  private upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    if (hasTwoHosts(request)) return refuseUpgrade(socket, bareAnswer('400 Bad Request'));
    request.url = servedUrl(request.url ?? '');
    if ((socket as SpareSocket)[SPARE]) return refuseUpgrade(socket, bareAnswer('503 Service Unavailable'));
    if (!this.stopping) {
      for (const handler of this.settings.raw.upgrades) if (handler(request, socket, head)) return;
    }
    refuseUpgrade(socket, bareAnswer('404 Not Found'));
  }
}

const bareAnswer = (status: string): string => `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`;

const METHODS = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS']);
/** Bounded: a label for each made-up method would let anybody grow the metrics. */
const methodLabel = (method = ''): string => (METHODS.has(method) ? method : 'other');

const SPARE = Symbol('SPARE');
type SpareSocket = Duplex & { [SPARE]?: boolean };
const TOO_MANY_CONNECTIONS = { message: 'The gateway has too many connections' };

const TWO_HOSTS = { message: 'There is more than one Host header' };

/** Node takes the first. https://www.rfc-editor.org/rfc/rfc9112#section-3.2 */
const hasTwoHosts = ({ rawHeaders }: IncomingMessage): boolean => {
  let hosts = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] as string;
    if (name.length === 4 && name.toLowerCase() === 'host') hosts++;
  }
  return hosts > 1;
};

const hasBody = ({ headers }: IncomingMessage): boolean => {
  const length = headers['content-length'];
  return length === undefined ? headers['transfer-encoding'] !== undefined : length !== '0';
};
