import type { IncomingMessage, ServerResponse } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import type { Grant, InteractionDetails, Provider } from 'oidc-provider';
import { OWN_SCOPES } from '#contracts/auth/oauth/own-issuer';
import { fail, toGatewayError } from '#libs/errors';
import { CLIENT_ADDRESS, type ClientAddress, networkOf } from '#libs/identity';
import { type AuthSettings, InjectAuthSettings } from '../auth.settings.js';
import { LoginService } from '../login/login.service.js';
import { TokenService } from '../tokens/token.service.js';
import type { User } from '../users/user.entity.js';
import { OPENING_PROVIDER, type OpeningProvider } from './opening-provider.js';
import { pageHeaders } from '../rest/html-page.js';
import { type SignInAsk, formTargetOf, signInPage } from './pages/sign-in-page.js';
import { ArtifactRepository } from './storage/artifact.repository.js';

const DAY_S = 86_400;
/** Said again on the page; any other failure is the end of the sign-in. */
const SAID_AGAIN = new Set(['auth.credential_invalid', 'http.rate_limited', 'http.overloaded']);

/** What a person has allowed. */
interface Consent {
  readonly details: InteractionDetails;
  readonly ask: SignInAsk;
  readonly granted: readonly string[];
  readonly user: User;
}

/** The page at which a person signs in and consents, and what becomes of their answer. */
@Injectable()
export class SignInService {
  constructor(
    @Inject(OPENING_PROVIDER) private readonly opening: OpeningProvider,
    private readonly logins: LoginService,
    private readonly tokens: TokenService,
    private readonly artifacts: ArtifactRepository,
    @InjectAuthSettings() private readonly settings: AuthSettings,
    @Inject(CLIENT_ADDRESS) private readonly addressOf: ClientAddress,
  ) {}

  /** Shows the page of the sign-in that the browser is in. */
  async show(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { provider } = await this.opening.open();
    const details = await provider.interactionDetails(request, response);
    this.answer(response, 200, await askOf(details, provider));
  }

  /** Takes the answer that a form brings: sends the browser on, or shows the page again. */
  async take(request: IncomingMessage, response: ServerResponse, form: URLSearchParams): Promise<void> {
    const address = networkOf(this.addressOf(request));
    const { provider } = await this.opening.open();
    const details = await provider.interactionDetails(request, response);
    const finish = (result: object) =>
      provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
    if (form.get('answer') !== 'allow')
      return finish({ error: 'access_denied', error_description: 'the user said no' });
    const ask = await askOf(details, provider);
    const granted = ask.scopes.filter((scope) => form.getAll('scope').includes(scope));
    const email = form.get('email') ?? '';
    try {
      if (granted.length === 0) throw fail('auth.credential_invalid', { message: 'Allow something, or cancel' });
      const user = await this.logins.authenticate(email, form.get('password') ?? '', address);
      const consentId = await this.keep(
        new provider.Grant({ accountId: user.email, clientId: details.params.client_id }),
        { details, ask, granted, user },
      );
      await this.logins.settled(user.email, address, consentId);
      await finish({ login: { accountId: user.email, remember: false }, consent: { grantId: consentId } });
    } catch (error) {
      const { code, message, httpStatus } = toGatewayError(error);
      if (!SAID_AGAIN.has(code)) throw error;
      this.answer(response, httpStatus, { ...ask, email, problem: message });
    }
  }

  private answer(response: ServerResponse, status: number, ask: SignInAsk): void {
    response.writeHead(status, pageHeaders(formTargetOf(ask.redirectUri)));
    response.end(signInPage(ask));
  }

  /** Keeps the consent: for the provider as a grant, for everybody else as a token of the user's. */
  private async keep(grant: Grant, { details: { params }, ask, granted, user }: Consent): Promise<string> {
    const declined = ask.scopes.filter((scope) => !granted.includes(scope)).join(' ');
    grant.addOIDCScope(granted.join(' '));
    if (declined !== '') grant.rejectOIDCScope(declined);
    for (const resource of ask.resources) {
      grant.addResourceScope(resource, granted.join(' '));
      if (declined !== '') grant.rejectResourceScope(resource, declined);
    }
    const consentId = await grant.save();
    const { consentLifeMs = 0 } = this.settings.authorizationServer ?? {};
    await this.tokens.keepConsent({
      consentId,
      user,
      name: `${ask.client.slice(0, 80)} (${consentId.slice(0, 8)})`,
      description: `${ask.resources.join(' ')}, signed in ${ask.redirectUri === null ? 'by a code' : `from ${hostOf(ask.redirectUri)}`}`,
      permissions: [...new Set(granted.flatMap((scope) => OWN_SCOPES.get(scope) ?? []))],
      expiresInMs: consentLifeMs,
    });
    await this.artifacts.prolong({ kind: 'Client', id: params.client_id }, Math.ceil(consentLifeMs / 1000) + DAY_S);
    return consentId;
  }
}

const askOf = async ({ params }: InteractionDetails, provider: Provider): Promise<SignInAsk> => {
  const client = await provider.Client.find(params.client_id);
  if (client === undefined) throw fail('http.invalid', { message: 'The client is not registered any more' });
  return {
    client: client.clientName ?? 'A client without a name',
    describedBy: URL.canParse(client.clientId) ? new URL(client.clientId).host : null,
    redirectUri: params.redirect_uri ?? null,
    scopes: (params.scope ?? '').split(' ').filter((scope) => OWN_SCOPES.has(scope)),
    resources: [params.resource ?? []].flat(),
  };
};

const hostOf = (uri: string): string => new URL(uri).host || new URL(uri).protocol;
