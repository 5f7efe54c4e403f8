import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { Answers } from '#libs/bus';
import { KeepUpstreamCredential, PresentUpstreamCredential } from '#contracts/auth/upstream-credential.request';
import type { ReplyOf, RequestOf } from '#contracts/define';
import { actingAs } from '#libs/storage';
import { UpstreamCredentialService } from './upstream-credential.service.js';

/** The bus's door to what upstreams are shown. */
@Controller()
export class UpstreamCredentialController {
  constructor(private readonly credentials: UpstreamCredentialService) {}

  @Answers(KeepUpstreamCredential)
  async keep(
    @Payload() { upstreamId, credential, by }: RequestOf<typeof KeepUpstreamCredential>,
  ): Promise<ReplyOf<typeof KeepUpstreamCredential>> {
    return { version: await actingAs(by, () => this.credentials.keep(upstreamId, credential)) };
  }

  @Answers(PresentUpstreamCredential)
  present(
    @Payload() { upstreamId, principalId, refusedToken }: RequestOf<typeof PresentUpstreamCredential>,
  ): Promise<ReplyOf<typeof PresentUpstreamCredential>> {
    return this.credentials.present(upstreamId, principalId, refusedToken);
  }
}
