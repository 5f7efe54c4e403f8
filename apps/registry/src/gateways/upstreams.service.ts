import { Injectable } from '@nestjs/common';
import { KeepUpstreamCredential, type UpstreamCredential } from '#contracts/auth/upstream-credential.request';
import { UpstreamChanged } from '#contracts/registry/catalog-changed.event';
import type { UpstreamTransport } from '#contracts/registry/resolve-upstream.request';
import { DiscoverUpstream } from '#contracts/tool-invocation/discover-upstream.request';
import { type Bus, InjectBus } from '#libs/bus';
import { toGatewayError } from '#libs/errors';
import { InjectLogger, type Logger } from '#libs/telemetry';
import type { Discovery } from './findings.js';
import { type Connection, profileOf } from './profile.js';

/** What other services do for the registry: tool-invocation connects to upstreams, auth keeps what they are shown. */
@Injectable()
export class UpstreamsService {
  constructor(
    @InjectBus() private readonly bus: Bus,
    @InjectLogger() private readonly logger: Logger,
  ) {}

  /**
   * Connects and lists, which may take 30 s: no database connection may be held meanwhile. With `credential` undefined,
   * what auth keeps for the upstream is presented.
   */
  async discover(
    connection: Connection,
    transport: UpstreamTransport | 'AUTO',
    credential?: UpstreamCredential | null,
  ): Promise<Discovery> {
    const askedAt = new Date();
    const { head } = await this.bus.ask(DiscoverUpstream, {
      profile: profileOf(connection),
      transport,
      ...(credential !== undefined && { credential }),
    });
    return { discovered: head, askedAt };
  }

  /** Ends what a discovery has left open: a child process, a connection, the profile it was made with. */
  letGo(upstreamId: string, change: 'updated' | 'removed'): void {
    this.bus.publish(UpstreamChanged, { upstreamId, change });
  }

  /** The registry itself stores no secret. */
  async keepCredential(upstreamId: string, credential: UpstreamCredential | null): Promise<void> {
    await this.bus.ask(KeepUpstreamCredential, { upstreamId, credential });
  }

  /** After a failure that the caller is to hear of, not this one. */
  async tryToForget(upstreamId: string): Promise<void> {
    await this.keepCredential(upstreamId, null).catch((error: unknown) => {
      const { code } = toGatewayError(error);
      this.logger.warn({ upstreamId, code }, 'the credential of a gateway that was not registered is still kept');
    });
  }
}
