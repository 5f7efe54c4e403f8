import { Injectable } from '@nestjs/common';
import { KeepUpstreamCredential, type UpstreamCredential } from '#contracts/auth/upstream-credential.request';
import { type Bus, InjectBus } from '#libs/bus';
import { toGatewayError } from '#libs/errors';
import { currentActor } from '#libs/storage';
import { InjectLogger, type Logger } from '#libs/telemetry';

/** Hands the credentials of upstreams to auth, which keeps them: the registry stores no secret. */
@Injectable()
export class UpstreamCredentialService {
  constructor(
    @InjectBus() private readonly bus: Bus,
    @InjectLogger() private readonly logger: Logger,
  ) {}

  /** Null: auth forgets what it keeps. */
  async keep(upstreamId: string, credential: UpstreamCredential | null): Promise<void> {
    const by = currentActor();
    await this.bus.ask(KeepUpstreamCredential, { upstreamId, credential, ...(by !== undefined && { by }) });
  }

  /** Never rejects: for use after another failure, which is the one to report. */
  async tryToForget(upstreamId: string): Promise<void> {
    await this.keep(upstreamId, null).catch((error: unknown) => {
      const { code } = toGatewayError(error);
      this.logger.warn({ upstreamId, code }, 'the credential of a gateway that was not registered is still kept');
    });
  }
}
