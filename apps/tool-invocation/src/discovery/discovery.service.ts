import { Inject, Injectable } from '@nestjs/common';
import {
  type DiscoveredOffer,
  type DiscoveredUpstream,
  DiscoverUpstream,
} from '#contracts/tool-invocation/discover-upstream.request';
import type { ReplyOf, RequestOf } from '#contracts/define';
import type { UpstreamProfile } from '#contracts/registry/resolve-upstream.request';
import { isConnectorUrl } from '#libs/connector';
import { fail, GatewayError, toGatewayError } from '#libs/errors';
import { LOGGER, type Logger } from '#libs/telemetry';
import type { Access } from '../transport/channel.js';
import type { Peer } from '../conversation/peer.js';
import { withReason } from '../transport/reason.js';
import { announcesLists } from '../upstreams/list-watcher.js';
import type { Upstream } from '../upstreams/upstream.js';
import { UpstreamDirectory } from '../upstreams/upstream-directory.js';
import { type Verdict, judge } from '../conversation/era-probe.js';
import { inTime } from './in-time.js';
import { type Lists, readLists } from './lists.js';
import { OwnListsService } from './own-lists.service.js';

type Request = RequestOf<typeof DiscoverUpstream>;

/** Before whoever asks gives up, so that they hear why. */
const DISCOVERY_MS = DiscoverUpstream.deadlineMs - 2_000;

const PAGE_MS = 15_000;

/** Finds out what an upstream is and everything it lists. The conversation stays open, to be notified of changes. */
@Injectable()
export class DiscoveryService {
  constructor(
    private readonly directory: UpstreamDirectory,
    private readonly ownLists: OwnListsService,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /**
   * Rejects with the reason, in words for whoever runs the upstream: `upstream.not_mcp` where the URL leads to something else, or with the failure of reaching the upstream. With
   * transport `AUTO`, Streamable HTTP is tried before HTTP+SSE.
   */
  async discover({ profile, transport, credential }: Request): Promise<ReplyOf<typeof DiscoverUpstream>> {
    const access = await this.directory.credentials.accessWith(credential, profile.id);
    try {
      return await inTime(this.inspectBy(transport, profile, access), DISCOVERY_MS, 'what it is and what it offers');
    } catch (error) {
      // Whoever registers an upstream runs it, or knows who does.
      const told = withReason(toGatewayError(error));
      this.logger.warn(
        { upstreamId: profile.id, name: profile.name, code: told.code, reason: told.message },
        'an upstream could not be asked what it offers',
      );
      throw told;
    }
  }

  private async inspectBy(
    transport: Request['transport'],
    profile: UpstreamProfile,
    access: Access,
  ): Promise<DiscoveredUpstream> {
    // A connector carries nothing else, so nothing else is tried.
    if (isConnectorUrl(profile.url)) return this.inspect({ ...profile, transport: 'STREAMABLEHTTP' }, access);
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

  private async inspect(profile: UpstreamProfile, access: Access, isAgain = false): Promise<DiscoveredUpstream> {
    const startedAtMs = performance.now();
    const upstream = this.directory.adopt(profile);
    const met = await this.meet(upstream, access);
    const isNews = upstream.dialer.spoken.verdictAgeMs <= performance.now() - startedAtMs;
    const peer = isNews || (await this.refreshIdentity(upstream, met)) ? met : await this.meet(upstream, access);
    const { hint, ...identity } = peer.identity;
    let read: [Lists, DiscoveredOffer | null];
    try {
      read = await this.readBoth(upstream, access, peer);
    } catch (error) {
      // A session that the upstream has forgotten meanwhile says nothing of what it offers.
      if (!isAgain && peer.closed && upstream.kind === 'http') return this.inspect(profile, access, true);
      throw error;
    }
    const [lists, legacy] = read;
    const { hints, ...found } = lists;
    upstream.watchLists(peer);
    // Processes of their own are sessions.
    this.ownLists.lookedOver(upstream, legacy ?? lists);
    upstream.health.succeeded();
    for (const { list, name, reason } of [...found.refused, ...(legacy?.refused ?? [])]) {
      this.logger.warn({ upstreamId: profile.id, list, name, reason }, 'an entry of an upstream was refused');
    }
    return {
      ...identity,
      transport: profile.transport,
      ...found,
      ...(hint !== undefined && { hints: { ...hints, about: hint } }),
      ...(legacy !== null && { legacy }),
    };
  }

  private readBoth(upstream: Upstream, access: Access, peer: Peer): Promise<[Lists, DiscoveredOffer | null]> {
    return Promise.all([readLists(peer), this.inspectSessions(upstream, access)]);
  }

  /** What an upstream of 2026-07-28 offers to clients with sessions, where it has sessions too; else `null`. */
  private async inspectSessions(upstream: Upstream, access: Access): Promise<DiscoveredOffer | null> {
    const { spoken } = upstream.dialer;
    spoken.retrySessions();
    let session: Peer | null = null;
    try {
      session = await upstream.sessionOverview(access);
      if (session === null) return null;
      const { era: _era, hint: _hint, ...identity } = session.identity;
      const { hints: _hints, ...found } = await readLists(session);
      if (upstream.kind !== 'stdio' && announcesLists(session)) upstream.watchLists(session);
      return { ...identity, ...found };
    } catch (error) {
      if (toGatewayError(error).code !== 'upstream.invalid_answer') throw error;
      // Its sessions are of no use, which takes nothing from what it is without them.
      spoken.triedSession(false);
      this.logger.warn({ upstreamId: upstream.profile.id, err: error }, 'an upstream has sessions that cannot be used');
      return null;
    } finally {
      // A process costs more than to begin another when a client wants one.
      if (session !== null && upstream.kind === 'stdio' && session.uses === 0) void upstream.evict(session);
    }
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
      upstream.dialer.spoken.settle(verdict);
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
