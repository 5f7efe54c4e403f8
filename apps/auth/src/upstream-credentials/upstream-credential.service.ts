import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { type Bus, InjectBus } from '#libs/bus';
import { UpstreamCredentialChanged } from '#contracts/auth/credential-revoked.event';
import {
  NO_CREDENTIAL,
  type PresentUpstreamCredential,
  type UpstreamCredential,
} from '#contracts/auth/upstream-credential.request';
import type { OAuthClient } from '#contracts/auth/oauth/oauth-client';
import type { ReplyOf } from '#contracts/define';
import { fail } from '#libs/errors';
import { Starting } from '#libs/service';
import { InjectLogger, type Logger } from '#libs/telemetry';
import { KeyRing } from '../encryption/key-ring.js';
import { authenticationOf } from './oauth/client-authentication.js';
import type { ShownCaller } from './oauth/exchange/subject.service.js';
import { PresentedTokenService } from './oauth/presented-token.service.js';
import { UpstreamCredentialRepository } from './upstream-credential.repository.js';
import { validateUpstreamCredential } from './upstream-credential.validation.js';

/** Keeps what upstreams are shown, encrypted for the one upstream that it is for. */
@Injectable()
export class UpstreamCredentialService {
  constructor(
    private readonly rows: UpstreamCredentialRepository,
    private readonly keyRing: KeyRing,
    private readonly starting: Starting,
    private readonly tokens: PresentedTokenService,
    @InjectBus() private readonly bus: Bus,
    @InjectLogger() private readonly logger: Logger,
  ) {}

  /** Keeps the credential, or forgets it (`null`). Answers its version. Throws `http.invalid` for one that cannot be sent. */
  async keep(upstreamId: string, credential: UpstreamCredential | null): Promise<string> {
    const version = credential === null ? NO_CREDENTIAL : randomUUID();
    if (credential !== null) {
      validateUpstreamCredential(credential);
      // So that a key that does not sign is found out now.
      if (credential.oauth?.clientId) await authenticationOf(credential.oauth, '');
    }
    await this.tokens.forgetAll(upstreamId);
    if (credential === null) {
      await this.rows.forget(upstreamId);
    } else {
      await this.rows.keep(upstreamId, this.keyRing.seal(JSON.stringify(credential), upstreamId), version);
    }
    this.bus.publish(UpstreamCredentialChanged, { upstreamId });
    await this.bus.flush();
    return version;
  }

  /**
   * What this upstream is shown for a caller; for nobody (''): to ask it what it offers. `refusedToken`: an access token that
   * it refused. Throws `platform.internal` when no configured key opens it, and `upstream.…` when there is no access token to
   * be had: `upstream.consent_needed` where the principal has to consent first.
   */
  async present(
    upstreamId: string,
    caller: ShownCaller,
    refusedToken?: string,
  ): Promise<ReplyOf<typeof PresentUpstreamCredential>> {
    const { credential, version } = await this.credentialFor(upstreamId);
    const idKeys = this.keyRing.signingKeys(`ids at ${upstreamId}`);
    if (credential?.oauth === undefined) return { credential, version, idKeys };
    const { oauth: client, ...others } = credential;
    const owner = { upstreamId, credentialVersion: version };
    const { value, holderId, ...token } = await this.tokens.present(owner, client, caller, refusedToken);
    const headers = { ...others.headers, Authorization: `Bearer ${value}` };
    const shown = { credential: { ...others, headers }, token, idKeys };
    if (holderId === null) return { ...shown, version };
    // Each consent, and each person whose token is exchanged, has conversations of its own.
    return { ...shown, version: `${version}.${holderId}`, isPersonal: true };
  }

  /** The client by which people consent to calls of an upstream. Throws `registry.unknown` where nobody has to. */
  async clientOf(upstreamId: string): Promise<{ client: OAuthClient; query: string | undefined; version: string }> {
    const { credential, version } = await this.credentialFor(upstreamId);
    const client = credential?.oauth;
    if (client?.grantType !== 'authorization_code')
      throw fail('registry.unknown', { message: 'No consent is needed for this gateway' });
    return { client, query: credential?.query, version };
  }

  /** What is kept for an upstream, as it is kept. Throws `platform.internal` when no configured key opens it. */
  async keptFor(upstreamId: string): Promise<UpstreamCredential | null> {
    return (await this.credentialFor(upstreamId)).credential;
  }

  /** With whose consent what an upstream offers is read; undefined where it needs none. */
  async catalogUserOf(upstreamId: string): Promise<string | undefined> {
    return (await this.credentialFor(upstreamId)).credential?.oauth?.catalogUser;
  }

  private async credentialFor(upstreamId: string): Promise<{ credential: UpstreamCredential | null; version: string }> {
    const row = await this.rows.find(upstreamId);
    if (row === null) return { credential: null, version: NO_CREDENTIAL };
    try {
      const text = this.keyRing.open({ keyId: row.keyId, bytes: row.sealed }, upstreamId);
      return { credential: JSON.parse(text) as UpstreamCredential, version: row.version };
    } catch (error) {
      this.logger.error({ err: error, upstreamId, keyId: row.keyId }, 'a kept credential cannot be opened');
      throw fail('platform.internal', {
        message: 'The credential kept for this upstream cannot be opened',
        cause: error,
      });
    }
  }

  /** Logs at start, not at the first call, that a key is missing. */
  async onApplicationBootstrap(): Promise<void> {
    const count = await this.starting.untilDone(() => this.rows.countNotSealedWithAny(this.keyRing.keyIds));
    if (count > 0)
      this.logger.error(
        { count },
        'credentials are sealed with a key that is in neither AUTH_ENCRYPTION_SECRET nor AUTH_ENCRYPTION_SECRETS_PREVIOUS',
      );
  }
}
