import http from 'node:http';
import http2 from 'node:http2';
import type { AddressInfo, Server } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { type ReceivedLine, linesIn } from './received-line.js';
import { type ReceivedMetric, metricsIn } from './received-metric.js';
import { type ReceivedSpan, spansIn } from './received-span.js';

/** By the path of HTTP and of gRPC: what is exported there. */
const SIGNALS: Readonly<Record<string, 'spans' | 'metrics' | 'lines'>> = {
  '/v1/traces': 'spans',
  '/v1/metrics': 'metrics',
  '/v1/logs': 'lines',
  '/opentelemetry.proto.collector.trace.v1.TraceService/Export': 'spans',
  '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export': 'metrics',
  '/opentelemetry.proto.collector.logs.v1.LogsService/Export': 'lines',
};
/** Of a message of gRPC: whether it is compressed, and its length. */
const GRPC_PREFIX = 5;

/** A collector of OpenTelemetry that keeps what it gets: protobuf over HTTP, and gRPC on a port of its own. */
export class OtlpCollector {
  readonly spans: ReceivedSpan[] = [];
  readonly metrics: ReceivedMetric[] = [];
  readonly lines: ReceivedLine[] = [];
  /** Of each export, in the order in which they came. */
  readonly headers: (http.IncomingHttpHeaders | http2.IncomingHttpHeaders)[] = [];
  /** All that came, to look for what must not be in it. */
  readonly bodies: Buffer[] = [];

  private constructor(
    private readonly overHttp: http.Server,
    private readonly overGrpc: http2.Http2Server,
  ) {}

  static async start(): Promise<OtlpCollector> {
    const collector: OtlpCollector = new OtlpCollector(
      http.createServer((request, response) => void collector.takeHttp(request, response)),
      http2.createServer(),
    );
    collector.overGrpc.on('stream', (stream, headers) => void collector.takeGrpc(stream, headers));
    await Promise.all([listen(collector.overHttp), listen(collector.overGrpc)]);
    return collector;
  }

  get url(): string {
    return urlOf(this.overHttp);
  }

  get grpcUrl(): string {
    return urlOf(this.overGrpc);
  }

  async stop(): Promise<void> {
    this.overHttp.closeAllConnections();
    this.overGrpc.close();
    await new Promise((resolve) => this.overHttp.close(resolve));
  }

  private async takeHttp(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const body = await whole(request);
    const { url = '' } = request;
    if (SIGNALS[url] === undefined || request.headers['content-type'] !== 'application/x-protobuf') {
      response.writeHead(404).end();
      return;
    }
    this.take(url, request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body, request.headers);
    response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
  }

  private async takeGrpc(stream: http2.ServerHttp2Stream, headers: http2.IncomingHttpHeaders): Promise<void> {
    const body = await whole(stream);
    const path = headers[':path'] ?? '';
    const isKnown = SIGNALS[path] !== undefined;
    if (isKnown) {
      const message = body.subarray(GRPC_PREFIX);
      this.take(path, body[0] === 1 ? gunzipSync(message) : message, headers);
    }
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': isKnown ? '0' : '12' }));
    stream.end(Buffer.alloc(GRPC_PREFIX));
  }

  private take(path: string, body: Buffer, headers: http.IncomingHttpHeaders | http2.IncomingHttpHeaders): void {
    this.bodies.push(body);
    this.headers.push(headers);
    const signal = SIGNALS[path];
    if (signal === 'spans') this.spans.push(...spansIn(body));
    else if (signal === 'metrics') this.metrics.push(...metricsIn(body));
    else this.lines.push(...linesIn(body));
  }
}

const listen = (server: Server): Promise<void> =>
  new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve()));

const urlOf = (server: Server): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

const whole = async (stream: AsyncIterable<Buffer>): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
};
