import { Injectable, type OnModuleInit } from '@nestjs/common';
import { UpstreamConsentChanged } from '#contracts/auth/credential-revoked.event';
import { PostForm } from '#contracts/tool-invocation/web/post-form.request';
import { type Bus, InjectBus } from '#libs/bus';
import { toGatewayError } from '#libs/errors';
import { InjectLogger, type Logger } from '#libs/telemetry';
import { authenticationOf } from '../upstream-credentials/oauth/client-authentication.js';
import { readGrant } from '../upstream-credentials/oauth/personal-grant.js';
import { UpstreamTokenRepository } from '../upstream-credentials/oauth/upstream-token.repository.js';
import { UpstreamTokenService } from '../upstream-credentials/oauth/upstream-token.service.js';
import { UpstreamCredentialService } from '../upstream-credentials/upstream-credential.service.js';
import { UserService } from '../users/user.service.js';

const ANSWER_BYTES_MAX = 64 * 1024;
const REVOKE_MS = 4_000;

/** The consents that people have given: kept and ended, and told of to whoever remembers. */
@Injectable()
export class KeptConsents implements OnModuleInit {
  constructor(
    private readonly credentials: UpstreamCredentialService,
    private readonly tokens: UpstreamTokenService,
    private readonly rows: UpstreamTokenRepository,
    private readonly users: UserService,
    @InjectBus() private readonly bus: Bus,
    @InjectLogger() private readonly logger: Logger,
  ) {}

  onModuleInit(): void {
    this.users.beforeRemoval((email) => this.endAll(email));
  }

  /** The scopes that a person is asked for besides, at their next consent: what they have, where more is wanted. */
  async wantedBesides(upstreamId: string, userEmail: string): Promise<readonly string[]> {
    const consent = await this.rows.consentOf({ upstreamId, userEmail: userEmail.toLowerCase() });
    return consent === null || consent.wanted.length === 0 ? [] : [...consent.granted, ...consent.wanted];
  }

  /** The client of a person's consent, where the authorization server said last that it does not know it. */
  async unknownClientOf(upstreamId: string, userEmail: string): Promise<string | null> {
    const [row] = await this.rows.states([upstreamId], userEmail.toLowerCase());
    return row?.failure?.unknownClientId ?? null;
  }

  /** Keeps a consent with its token. False: the credential is another one by now, and nothing was kept. */
  async begin(...[key, consent, token]: Parameters<UpstreamTokenService['begin']>): Promise<boolean> {
    const isKept = await this.tokens.begin(key, consent, token);
    if (isKept) await this.tell(key.upstreamId, key.userEmail, true);
    return isKept;
  }

  /**
   * Ends the consent of a person, here and, where it can be told, at the authorization server. False: there was none. Whether that
   * server knows stands in the log alone: here the consent is over in any case.
   */
  async end(upstreamId: string, userEmail: string): Promise<boolean> {
    const key = { upstreamId, userEmail: userEmail.toLowerCase() };
    const isThere = (await this.tokens.states([upstreamId], key.userEmail))[upstreamId] !== undefined;
    if (!isThere) return false;
    const kept = await this.tokens.kept(key);
    await this.tokens.forget(upstreamId, key.userEmail);
    await this.tell(upstreamId, key.userEmail, false);
    if (kept !== null) await this.revoke(upstreamId, kept);
    return true;
  }

  /** Of whoever is about to be removed, which nothing here stands in the way of: what cannot be ended is in the log. */
  private async endAll(userEmail: string): Promise<void> {
    // Those without a consent hold what a token of theirs was exchanged for.
    const upstreamIds = await this.rows.upstreamsOf(userEmail);
    const end = async (upstreamId: string): Promise<void> => {
      try {
        await this.end(upstreamId, userEmail);
      } catch (error) {
        const { code } = toGatewayError(error);
        this.logger.error(
          { upstreamId, user: userEmail, code },
          'a consent of a removed user was not ended everywhere',
        );
        await this.tell(upstreamId, userEmail, false);
      }
    };
    await Promise.all(upstreamIds.map(end));
  }

  /** Whoever remembers what was shown with a consent of this person, in lower case, drops it. */
  private async tell(upstreamId: string, principalId: string, isGiven: boolean): Promise<void> {
    // A credential that cannot be opened is shown to nobody.
    const catalogUser = await this.credentials.catalogUserOf(upstreamId).catch(() => undefined);
    const isCatalogs = catalogUser?.toLowerCase() === principalId;
    this.bus.publish(UpstreamConsentChanged, { upstreamId, principalId, isGiven, isCatalogs });
    await this.bus.flush();
  }

  /** Tells the authorization server that what it gave is not wanted any more; never rejects. https://www.rfc-editor.org/rfc/rfc7009#section-2.1 */
  private async revoke(upstreamId: string, kept: string): Promise<void> {
    const { revocationUrl: url, namedBy, client, issuer, tokenUrl, refreshToken, accessToken } = readGrant(kept);
    if (!url) return;
    try {
      const { authorization, members } = await authenticationOf(client, issuer ?? tokenUrl);
      const form = new URLSearchParams({
        token: refreshToken ?? accessToken,
        token_type_hint: refreshToken === null ? 'access_token' : 'refresh_token',
        ...members,
      });
      const request = {
        url,
        bytesMax: ANSWER_BYTES_MAX,
        ...(authorization !== undefined && { authorization }),
        ...(namedBy && { namedBy }),
      };
      const { head } = await this.bus.ask(PostForm, request, { body: form.toString(), timeoutMs: REVOKE_MS });
      this.logger.info({ upstreamId, status: head.status }, 'a consent was revoked at its authorization server');
    } catch (error) {
      const { code } = toGatewayError(error);
      this.logger.warn({ upstreamId, code }, 'a consent could not be revoked at its authorization server');
    }
  }
}
