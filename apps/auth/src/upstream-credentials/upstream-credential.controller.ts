import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { Answers } from '#libs/bus';
import { KeepUpstreamCredential, PresentUpstreamCredential } from '#contracts/auth/upstream-credential.request';
import { SealUpstreamCredentials } from '#contracts/auth/export/seal-upstream-credentials.request';
import type { ReplyOf, RequestOf } from '#contracts/define';
import { actingAs } from '#libs/storage';
import { SealedExportService } from './sealed-export.service.js';
import { UpstreamCredentialService } from './upstream-credential.service.js';

/** The bus's door to what upstreams are shown. */
@Controller()
export class UpstreamCredentialController {
  constructor(
    private readonly credentials: UpstreamCredentialService,
    private readonly exports: SealedExportService,
  ) {}

  @Answers(KeepUpstreamCredential)
  async keep(
    @Payload() { upstreamId, credential, by }: RequestOf<typeof KeepUpstreamCredential>,
  ): Promise<ReplyOf<typeof KeepUpstreamCredential>> {
    return { version: await actingAs(by, () => this.credentials.keep(upstreamId, credential)) };
  }

  @Answers(PresentUpstreamCredential)
  present(
    @Payload() { upstreamId, refusedToken, ...caller }: RequestOf<typeof PresentUpstreamCredential>,
  ): Promise<ReplyOf<typeof PresentUpstreamCredential>> {
    return this.credentials.present(upstreamId, caller, refusedToken);
  }

  @Answers(SealUpstreamCredentials)
  async seal(
    @Payload() { key, credentials, by }: RequestOf<typeof SealUpstreamCredentials>,
  ): Promise<ReplyOf<typeof SealUpstreamCredentials>> {
    return { sealed: await actingAs(by, () => this.exports.seal(Buffer.from(key, 'base64'), credentials)) };
  }
}
