import type { IncomingMessage, ServerResponse } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import type { InteractionDetails, Provider } from 'oidc-provider';
import { OWN_SCOPES } from '#contracts/auth/oauth/own-issuer';
import { fail, toGatewayError } from '#libs/errors';
import { CLIENT_ADDRESS, type ClientAddress, networkOf } from '#libs/identity';
import { nameActor } from '#libs/storage';
import { LoginService } from '../login/login.service.js';
import { pageHeaders } from '../rest/html-page.js';
import { ConsentService } from './consent.service.js';
import { OPENING_PROVIDER, type OpeningProvider } from './opening-provider.js';
import { type SignInAsk, formTargetOf, signInPage } from './pages/sign-in-page.js';
import { SIGN_IN_PATH } from './routes.js';
import { SignInElsewhere } from './sign-in-elsewhere.js';

/** Said again on the page; any other failure is the end of the sign-in. */
const SAID_AGAIN = new Set([
  'auth.credential_invalid',
  'auth.provider_unavailable',
  'registry.unknown',
  'http.rate_limited',
  'http.overloaded',
]);

/** The page at which a person signs in and consents, and what becomes of their answer. */
@Injectable()
export class SignInService {
  constructor(
    @Inject(OPENING_PROVIDER) private readonly opening: OpeningProvider,
    private readonly logins: LoginService,
    private readonly consents: ConsentService,
    private readonly elsewhere: SignInElsewhere,
    @Inject(CLIENT_ADDRESS) private readonly addressOf: ClientAddress,
  ) {}

  /** Shows the page of the sign-in that the browser is in; who comes back to it signed in elsewhere goes on. */
  async show(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { provider } = await this.opening.open();
    const details = await provider.interactionDetails(request, response);
    const ask = await this.askOf(details, provider);
    const returned = await this.elsewhere.returned(pageOf(details), request);
    if (returned === null) return this.answer(response, 200, ask);
    const { user, origin, scopes } = returned;
    const address = networkOf(this.addressOf(request));
    nameActor({ kind: 'user', id: user.email, address });
    const granted = ask.scopes.filter((scope) => scopes.includes(scope));
    const result = await this.consents.keep({ details, ask, granted, user, origin }, provider, address);
    await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
  }

  /** Takes the answer that a form brings: sends the browser on, or shows the page again. */
  async take(request: IncomingMessage, response: ServerResponse, form: URLSearchParams): Promise<void> {
    const address = networkOf(this.addressOf(request));
    const { provider } = await this.opening.open();
    const details = await provider.interactionDetails(request, response);
    const finish = (result: object) =>
      provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
    const [answer = '', providerId = ''] = (form.get('answer') ?? '').split(' ', 2);
    if (answer !== 'allow') return finish({ error: 'access_denied', error_description: 'the user said no' });
    const ask = await this.askOf(details, provider);
    const granted = ask.scopes.filter((scope) => form.getAll('scope').includes(scope));
    const email = form.get('email') ?? '';
    try {
      if (granted.length === 0) throw fail('auth.credential_invalid', { message: 'Allow something, or cancel' });
      if (providerId !== '')
        return await this.elsewhere.begin(providerId, { page: pageOf(details), scopes: granted }, request, response);
      const user = await this.logins.authenticate(email, form.get('password') ?? '', address);
      await finish(await this.consents.keep({ details, ask, granted, user, origin: null }, provider, address));
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

  private async askOf({ params }: InteractionDetails, provider: Provider): Promise<SignInAsk> {
    const client = await provider.Client.find(params.client_id);
    if (client === undefined) throw fail('http.invalid', { message: 'The client is not registered any more' });
    return {
      client: client.clientName ?? 'A client without a name',
      describedBy: URL.canParse(client.clientId) ? new URL(client.clientId).host : null,
      redirectUri: params.redirect_uri ?? null,
      scopes: (params.scope ?? '').split(' ').filter((scope) => OWN_SCOPES.has(scope)),
      resources: [params.resource ?? []].flat(),
      providers: await this.elsewhere.offered(),
    };
  }
}

const pageOf = ({ uid }: InteractionDetails): string => `${SIGN_IN_PATH}/${uid}`;
