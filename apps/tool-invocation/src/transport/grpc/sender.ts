import { Pool } from 'undici';
import { framed, timeoutText } from '#libs/grpc';
import type { Settings } from '../../tool-invocation.settings.js';
import type { AccessTls } from '../channel.js';
import type { EgressPolicy } from '../egress/egress-policy.js';
import { tlsOptions } from '../http/pools.js';
import { GrpcAnswerCollector, type MessageSink } from './answer-collector.js';

const HEADER_BYTES_MAX = 16_384;
/** On one connection, where the server takes so many. */
const STREAMS_MAX = 100;

/** `useH2c`: HTTP/2 without TLS and without asking first. The pool takes it for itself alone, and its types do not know it. */
type Http2Options = Pool.Options & { readonly useH2c: boolean };

export interface GrpcRequest {
  /** `/service/method` */
  readonly path: string;
  /** The client sends no more after them. */
  readonly messages: readonly Uint8Array[];
  /** A flat list, besides gRPC's own. */
  readonly headers: readonly string[];
  readonly timeoutMs: number;
}

/** Sends calls to one server over HTTP/2, in plain text where its URL is `http:`. Connections are shared by all calls. */
export class GrpcSender {
  private readonly pool: Pool;

  /** Throws `upstream.refused` where the server may not be reached from here. */
  constructor(
    url: string | null,
    private readonly settings: Settings,
    egress: EgressPolicy,
    tls?: AccessTls,
  ) {
    const { origin, protocol } = egress.parse(url);
    const { connections } = settings;
    const options: Http2Options = {
      allowH2: true,
      useH2c: protocol === 'http:',
      maxConcurrentStreams: STREAMS_MAX,
      pipelining: STREAMS_MAX,
      connections: connections.max,
      keepAliveTimeout: connections.keepAliveMs,
      keepAliveMaxTimeout: connections.keepAliveMs,
      // Deadlines belong to calls; a stream may be silent for as long as its call may take.
      headersTimeout: 0,
      bodyTimeout: 0,
      maxHeaderSize: HEADER_BYTES_MAX,
      connect: {
        timeout: connections.connectTimeoutMs,
        lookup: egress.lookup,
        rejectUnauthorized: true,
        preferH2: true,
        ...tlsOptions(tls),
      },
    };
    this.pool = new Pool(origin, options);
  }

  get bytesMax(): number {
    return this.settings.resultBytesMax;
  }

  send({ path, messages, headers, timeoutMs }: GrpcRequest, sink: MessageSink): GrpcAnswerCollector {
    const collector = new GrpcAnswerCollector(this.settings.resultBytesMax, sink);
    const [only] = messages;
    const body = messages.length === 1 && only !== undefined ? framed(only) : Buffer.concat(messages.map(framed));
    this.pool.dispatch(
      {
        path,
        method: 'POST',
        headers: [
          'content-type',
          'application/grpc+proto',
          'te',
          'trailers',
          'grpc-timeout',
          timeoutText(timeoutMs),
          ...headers,
        ],
        body,
      },
      collector,
    );
    return collector;
  }

  async close(): Promise<void> {
    await this.pool.destroy();
  }
}
