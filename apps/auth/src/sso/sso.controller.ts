import type { IncomingMessage } from 'node:http';
import { Controller, Get, Inject, Param, Query, Req, Res } from '@nestjs/common';
import { ApiFoundResponse, ApiOkResponse, ApiOperation, ApiQuery, ApiSecurity, ApiTags } from '@nestjs/swagger';
import { isOriginOf } from '#contracts/auth/oauth/own-issuer';
import { fail, toGatewayError } from '#libs/errors';
import { CLIENT_ADDRESS, type ClientAddress, Open, consoleCookie, networkOf } from '#libs/identity';
import { ApiOpenFailures } from '#libs/service';
import { type AuthSettings, InjectAuthSettings } from '../auth.settings.js';
import { LoginService } from '../login/login.service.js';
import { AddressCounter } from '../rest/address-counter.js';
import { pageHeaders } from '../rest/html-page.js';
import { SignInFlow } from './flow/sign-in-flow.js';
import { SignedInCookie } from './flow/signed-in-cookie.js';
import { ProviderService } from './providers/provider.service.js';
import { OfferedProviderView, offeredProviderView } from './providers/provider.view.js';
import { BegunSignInView, SsoLoginQuery } from './sso.query.js';
import { failedPage } from './sso-page.js';

interface Request {
  readonly raw: IncomingMessage;
}

interface Reply {
  status(code: number): Reply;
  header(name: string, value: string | readonly string[]): Reply;
  headers(values: Readonly<Record<string, string>>): Reply;
  send(body?: unknown): void;
}

const CONSOLE = '/admin/';
const PER_MINUTE_MAX = 60;

/** Signing in with an identity provider, in a browser. */
@ApiTags('sso')
@ApiSecurity({})
@Open()
@Controller('auth/sso')
export class SsoController {
  private readonly begun = new AddressCounter(
    PER_MINUTE_MAX,
    'log-ins',
    'Too many sign-ins are begun from this address',
  );
  private readonly finished = new AddressCounter(
    PER_MINUTE_MAX,
    'log-ins',
    'Too many sign-ins are finished from this address',
  );

  constructor(
    private readonly providers: ProviderService,
    private readonly flow: SignInFlow,
    private readonly signedIn: SignedInCookie,
    private readonly logins: LoginService,
    @InjectAuthSettings() private readonly settings: AuthSettings,
    @Inject(CLIENT_ADDRESS) private readonly addressOf: ClientAddress,
  ) {}

  @Get('providers')
  @ApiOperation({ summary: 'The identity providers that people may sign in with' })
  @ApiOkResponse({ type: [OfferedProviderView] })
  @ApiOpenFailures('http.invalid')
  async list(): Promise<readonly OfferedProviderView[]> {
    return (await this.providers.offered()).map(offeredProviderView);
  }

  @Get('login/:provider')
  @ApiOperation({ summary: 'Begin to sign in to the console: in a browser, on to the provider' })
  @ApiOkResponse({ type: BegunSignInView, description: 'For a client that does not ask for HTML.' })
  @ApiFoundResponse({ description: 'On to the provider, for a browser.' })
  @ApiOpenFailures(
    'registry.unknown',
    'auth.not_offered',
    'auth.provider_unavailable',
    'http.invalid',
    'http.rate_limited',
  )
  async begin(
    @Req() { raw }: Request,
    @Res() reply: Reply,
    @Param('provider') id: string,
    @Query() { redirectUri }: SsoLoginQuery,
  ): Promise<void> {
    const isPage = raw.headers.accept?.includes('text/html') === true;
    try {
      this.begun.count(networkOf(this.addressOf(raw)));
      this.checkReturn(id, redirectUri);
      const elsewhere = isPage ? this.elsewhereOf(raw) : null;
      if (elsewhere !== null) return reply.status(302).header('location', elsewhere).send();
      const { url, state, cookies } = await this.flow.begin(id, { kind: 'console' }, raw.headers.cookie);
      reply.header('set-cookie', cookies);
      if (isPage) return reply.status(302).header('location', url.href).send();
      const view: BegunSignInView = { authorization_url: url.href, state };
      return reply.send(view);
    } catch (error) {
      if (!isPage) throw error;
      this.refuse(reply, error, CONSOLE);
    }
  }

  @Get('callback/:provider')
  @ApiOperation({ summary: 'Where a provider sends the browser back to; then on to what it signed in for' })
  @ApiQuery({ name: 'code', type: String, required: false })
  @ApiQuery({ name: 'state', type: String, required: false })
  @ApiFoundResponse({ description: 'Signed in.' })
  @ApiOpenFailures(
    'auth.link_invalid',
    'auth.sign_in_refused',
    'auth.provider_unavailable',
    'registry.unknown',
    'http.rate_limited',
  )
  async finish(
    @Req() { raw }: Request,
    @Res() reply: Reply,
    @Param('provider') id: string,
    @Query() _sent: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    const query = new URLSearchParams(raw.url?.split('?').slice(1).join('?') ?? '');
    let back = CONSOLE;
    try {
      this.finished.count(networkOf(this.addressOf(raw)));
      const purpose = this.flow.purposeOf(id, query, raw.headers.cookie);
      if (purpose.kind === 'consent') back = purpose.page;
      reply.header('set-cookie', this.flow.forget(query));
      const signedIn = await this.flow.finish(id, query, raw.headers.cookie);
      const cookie =
        signedIn.purpose.kind === 'console'
          ? await this.session(raw, signedIn)
          : this.signedIn.keep(signedIn, signedIn.purpose);
      // Beside the one that is there.
      reply.header('set-cookie', cookie);
      return reply.status(302).header('location', `${this.publicUrl}${back}`).send();
    } catch (error) {
      const { code, message } = toGatewayError(error);
      if (code === 'auth.sign_in_refused') await this.logins.refusedBy(id, networkOf(this.addressOf(raw)), message);
      this.refuse(reply, error, back);
    }
  }

  private get publicUrl(): string {
    return this.settings.publicUrl ?? '';
  }

  private async session(raw: IncomingMessage, { user, origin }: Awaited<ReturnType<SignInFlow['finish']>>) {
    const issued = await this.logins.letIn(user, networkOf(this.addressOf(raw)), origin);
    const maxAgeS = Math.floor((issued.expiresAt.getTime() - Date.now()) / 1000);
    return consoleCookie({ origin: this.publicUrl }, { token: issued.token, maxAgeS });
  }

  /** Nobody is sent anywhere but to where everybody comes back: to the console, by our own callback. */
  private checkReturn(id: string, redirectUri: string | undefined): void {
    if (redirectUri === undefined) return;
    const base = URL.canParse(this.publicUrl) ? this.publicUrl : 'http://localhost';
    const asked = URL.canParse(redirectUri, base) ? new URL(redirectUri, base) : null;
    const path = asked?.pathname.replace(/^\/v1(?=\/)/, '');
    const isOurs = asked !== null && isOriginOf(base, asked.origin) && asked.username === '' && !asked.search;
    if (!isOurs || (path !== `/auth/sso/callback/${id}` && path !== CONSOLE && path !== CONSOLE.slice(0, -1)))
      throw fail('http.invalid', {
        message: 'redirect_uri: only the callback of this gateway, or its console, may be named',
      });
  }

  /** Where a browser is to begin instead that knows this machine by another name: cookies are of one. */
  private elsewhereOf({ headers: { host }, url = '' }: IncomingMessage): string | null {
    if (!URL.canParse(this.publicUrl) || host === undefined) return null;
    const own = new URL(this.publicUrl);
    return host !== own.host && isOriginOf(own.origin, `${own.protocol}//${host}`) ? `${own.origin}${url}` : null;
  }

  private refuse(reply: Reply, thrown: unknown, back: string): void {
    const error = toGatewayError(thrown);
    if (error.code === 'platform.internal') throw thrown;
    reply.status(error.httpStatus).headers(pageHeaders()).send(failedPage(error.message, back));
  }
}
