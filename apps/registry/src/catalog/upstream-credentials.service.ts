import { Injectable } from '@nestjs/common';
import { type Bus, InjectBus } from '#libs/bus';
import { KeepUpstreamCredential, type UpstreamCredential } from '#libs/contracts';
import { toGatewayError } from '#libs/errors';
import { InjectLogger, type Logger } from '#libs/telemetry';

/** Hands what an upstream is shown to auth, which keeps it. The registry stores none of it. */
@Injectable()
export class UpstreamCredentialsService {
  constructor(
    @InjectBus() private readonly bus: Bus,
    @InjectLogger() private readonly logger: Logger,
  ) {}

  async keep(upstreamId: string, credential: UpstreamCredential | null): Promise<void> {
    await this.bus.ask(KeepUpstreamCredential, { upstreamId, credential });
  }

  /** After a failure that the caller is to hear of, not this one. */
  async tryToForget(upstreamId: string): Promise<void> {
    await this.keep(upstreamId, null).catch((error: unknown) => {
      this.logger.warn({ upstreamId, code: toGatewayError(error).code }, 'the credential of a gateway that was not registered is still kept');
    });
  }
}
