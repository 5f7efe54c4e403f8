import { Injectable } from '@nestjs/common';
import { ListServerTokens } from '#contracts/auth/list-server-tokens.request';
import type { Principal } from '#contracts/auth/principal';
import { DescribeUse } from '#contracts/tool-invocation/describe-use.request';
import { type Answer, type Bus, InjectBus } from '#libs/bus';
import { canView } from '#libs/identity';
import { InjectLogger, type Logger } from '#libs/telemetry';
import { GatewayEntriesService } from '../../entries/gateway-entries.service.js';
import { GatewayService } from '../../gateways/gateway.service.js';
import { canChange } from '../../rest/ownership.js';
import { GatewayImpactView, type TokensByServer } from './gateway-impact.view.js';
import { ServerRepository } from '../server.repository.js';

/** Foresees what breaks when a gateway goes. Changes nothing. */
@Injectable()
export class GatewayImpactService {
  constructor(
    private readonly gateways: GatewayService,
    private readonly entries: GatewayEntriesService,
    private readonly servers: ServerRepository,
    @InjectBus() private readonly bus: Bus,
    @InjectLogger() private readonly logger: Logger,
  ) {}

  /**
   * What the caller may know of it: virtual servers that it sees, names of tokens that are its own or that an
   * administrator asks for. What another service cannot say now is `null`. Throws `registry.unknown`.
   */
  async preview(id: string, principal: Principal): Promise<GatewayImpactView> {
    const gateway = await this.gateways.findViewable(id, principal);
    const [names, losing] = await Promise.all([this.entries.findNames(id), this.servers.findLosing(id)]);
    const seen = losing.filter((server) => canView(principal, server));
    const [tokens, use] = await Promise.all([
      this.tokensOf(seen.map((server) => server.id)),
      this.orNull(this.bus.ask(DescribeUse, { upstreamId: id })),
    ]);
    return new GatewayImpactView({
      gateway,
      names,
      servers: seen,
      hiddenServers: canChange(principal, gateway) ? losing.length - seen.length : null,
      tokens,
      use: use && { ...use.head, instance: use.instance },
      principal,
    });
  }

  private async tokensOf(serverIds: readonly string[]): Promise<TokensByServer | null> {
    if (serverIds.length === 0) return new Map();
    const answer = await this.orNull(this.bus.ask(ListServerTokens, { serverIds }));
    return answer && new Map(answer.head.servers.map((server) => [server.serverId, server]));
  }

  private async orNull<Reply>(asking: Promise<Answer<Reply>>): Promise<Answer<Reply> | null> {
    try {
      return await asking;
    } catch (error) {
      this.logger.warn({ err: error }, 'a preview goes without what could not be asked');
      return null;
    }
  }
}
