import { A2A_VERSION_HEADER, type A2aVersion } from '#libs/a2a';
import type { Settings } from '../../tool-invocation.settings.js';
import { type Access, presentsCredential, requestPath } from '../channel.js';
import type { EgressPolicy } from '../egress/egress-policy.js';
import { ByTls } from '../http/by-tls.js';
import { Pools } from '../http/pools.js';
import { A2aAnswerReader, type ResponseSink } from './answer-reader.js';

/** A request as it goes to an agent. */
export interface A2aRequest {
  readonly text: string;
  readonly version: A2aVersion;
  readonly access: Access;
  /** A flat list, beside those of A2A and of the credential. */
  readonly headers: readonly string[];
  /** It must get through while calls wait for connections. */
  readonly isControl?: boolean;
}

/** Sends requests of JSON-RPC to one agent. Connections are shared by all calls. Follows no redirect. */
export class A2aSender {
  private readonly pools: ByTls<Pools>;
  private readonly url: URL;

  /** Throws `upstream.refused` where the agent may not be reached from here. */
  constructor(
    url: string | null,
    private readonly settings: Settings,
    egress: EgressPolicy,
  ) {
    this.url = egress.parse(url);
    const { origin } = this.url;
    this.pools = new ByTls((tls) => new Pools(origin, settings, egress, tls));
  }

  get bytesMax(): number {
    return this.settings.resultBytesMax;
  }

  send({ text, version, access, headers, isControl = false }: A2aRequest, sink: ResponseSink): A2aAnswerReader {
    const { resultBytesMax: bytesMax, notifications: talk } = this.settings;
    const reader = new A2aAnswerReader({ bytesMax, talk, presented: presentsCredential(access) }, sink);
    this.pools.of(access.tls)[isControl ? 'control' : 'calls'].dispatch(
      {
        path: requestPath(this.url, access),
        method: 'POST',
        headers: [
          'content-type',
          'application/json',
          'accept',
          'application/json, text/event-stream',
          A2A_VERSION_HEADER,
          version,
          ...access.headers,
          ...headers,
        ],
        body: text,
      },
      reader,
    );
    return reader;
  }

  async close(): Promise<void> {
    await this.pools.close();
  }
}
