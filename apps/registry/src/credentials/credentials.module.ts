import { Module } from '@nestjs/common';
import { UpstreamCredentialService } from './upstream-credential.service.js';

/** What upstreams are shown, which auth keeps. */
@Module({ providers: [UpstreamCredentialService], exports: [UpstreamCredentialService] })
export class CredentialsModule {}
