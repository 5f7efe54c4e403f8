import { Inject, Injectable } from '@nestjs/common';
import type { DiscoveredUpstream, DiscoverUpstream } from '#contracts/tool-invocation/discover-upstream.request';
import type { ReplyOf, RequestOf } from '#contracts/define';
import type { UpstreamProfile } from '#contracts/registry/resolve-upstream.request';
import { fail, GatewayError } from '#libs/errors';
import { LOGGER, type Logger } from '#libs/telemetry';
import type { Access } from '../transport/channel.js';
import type { Peer } from '../conversation/peer.js';
import type { Upstream } from '../upstreams/upstream.js';
import { accessFor } from '../upstreams/upstream-credentials.js';
import { UpstreamDirectory } from '../upstreams/upstream-directory.js';
import { type Verdict, judge } from '../conversation/era-probe.js';
import { readLists } from './lists.js';

type Request = RequestOf<typeof DiscoverUpstream>;

const PAGE_MS = 15_000;

/** Finds out what an upstream is and everything it lists. The conversation stays open, to be notified of changes. */
@Injectable()
export class DiscoveryService {
  constructor(
    private readonly directory: UpstreamDirectory,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /**
   * Rejects with `upstream.not_mcp` where the URL leads to something else, or with the failure of reaching the upstream. With
   * transport `AUTO`, Streamable HTTP is tried before HTTP+SSE.
   */
  async discover({ profile, transport, credential }: Request): Promise<ReplyOf<typeof DiscoverUpstream>> {
    const access =
      credential === undefined ? await this.directory.credentials.access(profile.id, '') : accessFor(credential);
    if (transport !== 'AUTO') return this.inspect({ ...profile, transport }, access);
    try {
      return await this.inspect({ ...profile, transport: 'STREAMABLEHTTP' }, access);
    } catch (error) {
      if (!(error instanceof GatewayError) || error.code !== 'upstream.not_mcp') throw error;
      return await this.inspect({ ...profile, transport: 'SSE' }, access).catch((second: unknown) => {
        throw second instanceof GatewayError && second.code === 'upstream.invalid_answer' ? error : second;
      });
    }
  }

  private async inspect(profile: UpstreamProfile, access: Access): Promise<DiscoveredUpstream> {
    const startedAtMs = performance.now();
    const upstream = this.directory.adopt(profile);
    const met = await this.meet(upstream, access);
    const isNews = upstream.dialer.judgementAgeMs <= performance.now() - startedAtMs;
    const peer = isNews || (await this.refreshIdentity(upstream, met)) ? met : await this.meet(upstream, access);
    const { hint, ...identity } = peer.identity;
    const { hints, ...found } = await readLists(peer);
    upstream.watchLists(peer);
    upstream.breaker.succeeded();
    for (const { list, name, reason } of found.refused) {
      this.logger.warn({ upstreamId: profile.id, list, name, reason }, 'an entry of an upstream was refused');
    }
    return {
      ...identity,
      transport: profile.transport,
      ...found,
      ...(hint !== undefined && { hints: { ...hints, about: hint } }),
    };
  }

  /**
   * Asks an upstream without sessions again what it is; a session says it once for all. Resolves with false when the
   * upstream has become one with sessions.
   */
  private async refreshIdentity(upstream: Upstream, peer: Peer): Promise<boolean> {
    if (peer.identity.era === 'legacy') return true;
    const verdict = await peer.request('server/discover', {}, PAGE_MS).then(judge, (error: unknown): Verdict => {
      if (error instanceof GatewayError && error.code === 'upstream.invalid_answer') return { era: 'legacy' };
      throw error;
    });
    if (verdict.era === 'legacy') upstream.invalidateEra();
    else {
      upstream.dialer.settle(verdict);
      peer.identity = verdict.identity;
    }
    return verdict.era === 'modern';
  }

  private async meet(upstream: Upstream, access: Access): Promise<Peer> {
    try {
      return await upstream.overview(access);
    } catch (error) {
      // Over HTTP an invalid answer to the first message means that the server does not speak MCP.
      const isForeign = error instanceof GatewayError && error.code === 'upstream.invalid_answer';
      throw isForeign
        ? fail('upstream.not_mcp', { executed: 'no', cause: error, ...(error.data && { data: error.data }) })
        : error;
    }
  }
}
