import { fail } from '#libs/errors';
import type { HttpRequest } from '#libs/openapi';
import type { Settings } from '../../tool-invocation.settings.js';
import type { EgressPolicy } from '../egress/egress-policy.js';
import type { AccessTls } from '../channel.js';
import { ByTls } from '../http/by-tls.js';
import { Pools } from '../http/pools.js';
import { AnswerCollector, type AnswerSink } from './answer-collector.js';

/** Operations of one document may have servers of their own; more origins than this are no API. */
const ORIGINS_MAX = 32;

/** Sends requests to an HTTP API: connections are shared by all calls, and kept for each origin. Follows no redirect. */
export class HttpApiSender {
  private readonly pools = new Map<string, ByTls<Pools>>();

  constructor(
    private readonly settings: Settings,
    private readonly egress: EgressPolicy,
  ) {}

  get bodyBytesMax(): number {
    return this.settings.resultBytesMax;
  }

  /** Throws `upstream.refused` where the request may not be sent from here. `headers`: a flat list, besides its own. `tls`: of its origin. */
  send(request: HttpRequest, headers: readonly string[], sink: AnswerSink, tls?: AccessTls): AnswerCollector {
    const url = this.egress.parse(request.url);
    const collector = new AnswerCollector(this.settings.resultBytesMax, sink);
    this.poolsOf(url.origin)
      .of(tls)
      .calls.dispatch(
        {
          path: `${url.pathname}${url.search}`,
          method: request.method,
          headers: [...request.headers.flat(), ...headers],
          body: request.body,
        },
        collector,
      );
    return collector;
  }

  async close(): Promise<void> {
    await Promise.all([...this.pools.values()].map((pools) => pools.close()));
    this.pools.clear();
  }

  private poolsOf(origin: string): ByTls<Pools> {
    const known = this.pools.get(origin);
    if (known !== undefined) return known;
    if (this.pools.size >= ORIGINS_MAX) {
      throw fail('upstream.refused', { message: `The API has more than ${ORIGINS_MAX} servers`, executed: 'no' });
    }
    const pools = new ByTls((tls) => new Pools(origin, this.settings, this.egress, tls));
    this.pools.set(origin, pools);
    return pools;
  }
}
