import { Injectable } from '@nestjs/common';
import type { InteractionDetails, Provider } from 'oidc-provider';
import { OWN_SCOPES } from '#contracts/auth/oauth/own-issuer';
import { type AuthSettings, InjectAuthSettings } from '../auth.settings.js';
import { LoginService } from '../login/login.service.js';
import type { SignInOrigin } from '../tokens/sign-in-origin.js';
import { TokenService } from '../tokens/token.service.js';
import type { User } from '../users/user.entity.js';
import type { SignInAsk } from './pages/sign-in-page.js';
import { ArtifactRepository } from './storage/artifact.repository.js';

const DAY_S = 86_400;

/** What a person has allowed. */
export interface Consent {
  readonly details: InteractionDetails;
  readonly ask: SignInAsk;
  readonly granted: readonly string[];
  readonly user: User;
  /** `null`: they showed their password here. */
  readonly origin: SignInOrigin | null;
}

/** Keeps what people allow clients: for the provider as a grant, for everybody else as a token of the user's. */
@Injectable()
export class ConsentService {
  constructor(
    private readonly logins: LoginService,
    private readonly tokens: TokenService,
    private readonly artifacts: ArtifactRepository,
    @InjectAuthSettings() private readonly settings: AuthSettings,
  ) {}

  /** Answers what ends the sign-in well. */
  async keep(consent: Consent, provider: Provider, address: string): Promise<object> {
    const { user, details, ask, granted } = consent;
    const grant = new provider.Grant({ accountId: user.email, clientId: details.params.client_id });
    const declined = ask.scopes.filter((scope) => !granted.includes(scope)).join(' ');
    grant.addOIDCScope(granted.join(' '));
    if (declined !== '') grant.rejectOIDCScope(declined);
    for (const resource of ask.resources) {
      grant.addResourceScope(resource, granted.join(' '));
      if (declined !== '') grant.rejectResourceScope(resource, declined);
    }
    const consentId = await grant.save();
    await this.record(consentId, consent);
    await this.logins.settled(user.email, address, consentId);
    return { login: { accountId: user.email, remember: false }, consent: { grantId: consentId } };
  }

  private async record(consentId: string, { details, ask, granted, user, origin }: Consent): Promise<void> {
    const { consentLifeMs = 0 } = this.settings.authorizationServer ?? {};
    await this.tokens.keepConsent({
      consentId,
      user,
      origin,
      name: `${ask.client.slice(0, 80)} (${consentId.slice(0, 8)})`,
      description: `${ask.resources.join(' ')}, signed in ${ask.redirectUri === null ? 'by a code' : `from ${hostOf(ask.redirectUri)}`}`,
      permissions: [...new Set(granted.flatMap((scope) => OWN_SCOPES.get(scope) ?? []))],
      expiresInMs: consentLifeMs,
    });
    const client = { kind: 'Client', id: details.params.client_id };
    await this.artifacts.prolong(client, Math.ceil(consentLifeMs / 1000) + DAY_S);
  }
}

const hostOf = (uri: string): string => new URL(uri).host || new URL(uri).protocol;
