import type { IncomingMessage, ServerResponse } from 'node:http';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { isOriginOf } from '#contracts/auth/oauth/own-issuer';
import { fail, toGatewayError } from '#libs/errors';
import { OriginGuard } from '#libs/mcp-http';
import { InjectPlatformConfig, type PlatformConfig, RawHttp, refuse } from '#libs/service';
import { openAct } from '#libs/storage';
import { InjectLogger, type Logger } from '#libs/telemetry';
import { type AuthSettings, InjectAuthSettings } from '../../auth.settings.js';
import { pageHeaders } from '../../rest/html-page.js';
import { readBody } from '../../rest/read-body.js';
import { clientDocument } from '../clients/client-description.js';
import { FLOW_LIFE_MS } from '../consent-flow.repository.js';
import type { BegunConsent } from '../consent.service.js';
import { type SignInState, connectedPage, failedPage, onwardPage, signInPage } from './consent-pages.js';
import { ConsentVisits } from './consent-visits.js';

const AUTHORIZE = /^\/oauth\/authorize\/([0-9a-f]{32})$/;
const CALLBACK = /^\/oauth\/callback(?:\/[0-9a-f]{32})?$/;
const CLIENT_DOCUMENT = /^\/oauth\/client-metadata\/([0-9a-f]{32})\.json$/;
const NO_BODY = Buffer.alloc(0);
const URL_CHARS_MAX = 8_192;
/** Said again on the page; any other failure ends it. */
const SAID_AGAIN = new Set(['auth.credential_invalid', 'http.rate_limited', 'http.overloaded']);

/**
 * Where people consent to calls of upstreams: a browser signs in on a page, a program shows its token; both are sent to the
 * authorization server of the upstream, and come back here.
 */
@Injectable()
export class ConsentFace implements OnModuleInit {
  private readonly origins: OriginGuard;

  constructor(
    private readonly visits: ConsentVisits,
    private readonly raw: RawHttp,
    @InjectAuthSettings() private readonly settings: AuthSettings,
    @InjectPlatformConfig() { ALLOWED_HOSTS, ALLOWED_ORIGINS }: PlatformConfig,
    @InjectLogger() private readonly logger: Logger,
  ) {
    const { publicUrl } = settings;
    const [hosts, own] = publicUrl === null ? [[], []] : [[new URL(publicUrl).hostname], [publicUrl]];
    this.origins = new OriginGuard([...ALLOWED_HOSTS, ...hosts], [...ALLOWED_ORIGINS, ...own]);
  }

  onModuleInit(): void {
    this.raw.mount((request, response) => this.handle(request, response), 'upstream-consent');
  }

  /** True when the request is for this face; it is then answered. */
  private handle(request: IncomingMessage, response: ServerResponse): boolean {
    const [path = ''] = (request.url ?? '').split('?', 1);
    if (![AUTHORIZE, CALLBACK, CLIENT_DOCUMENT].some((known) => known.test(path))) return false;
    openAct(() => this.answer(request, response, path)).catch((error: unknown) =>
      this.refuse(request, response, error),
    );
    return true;
  }

  private async answer(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    this.origins.check(request.headers);
    if ((request.url ?? '').length > URL_CHARS_MAX) throw fail('http.invalid', { message: 'The address is too long' });
    const body = request.method === 'POST' ? await readBody(request) : NO_BODY;
    this.raw.takePlace(response);
    const upstreamId = AUTHORIZE.exec(path)?.[1];
    if (upstreamId !== undefined) return this.authorize(request, response, upstreamId, body);
    if (request.method !== 'GET') throw fail('http.method_not_allowed');
    const described = CLIENT_DOCUMENT.exec(path)?.[1];
    if (described === undefined) return this.comeBack(request, response, path);
    const { publicUrl } = this.settings;
    if (publicUrl === null) throw fail('http.not_found');
    response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'max-age=3600' });
    response.end(JSON.stringify(clientDocument(publicUrl, described)));
  }

  private async authorize(
    request: IncomingMessage,
    response: ServerResponse,
    upstreamId: string,
    body: Buffer,
  ): Promise<void> {
    const { headers, method } = request;
    if (method !== 'GET' && method !== 'POST') throw fail('http.method_not_allowed');
    if (headers.authorization !== undefined || headers['x-switchyard-ui'] !== undefined)
      return this.sendProgram(request, response, upstreamId);
    if (method === 'POST') return this.signIn(request, response, upstreamId, body);
    const elsewhere = this.beginningOf(request);
    if (elsewhere !== null) return void response.writeHead(303, { location: elsewhere }).end();
    this.show(response, 200, signInPage({}));
  }

  /** Whoever shows a token, or is the page of the console, is known. */
  private async sendProgram(request: IncomingMessage, response: ServerResponse, upstreamId: string): Promise<void> {
    const begun = await this.visits.beginByToken(request, response, upstreamId);
    const { location } = begun;
    const common = { 'set-cookie': this.cookie(begun), 'cache-control': 'no-store' };
    if (!request.headers.accept?.includes('application/json'))
      return void response.writeHead(302, { ...common, location }).end();
    response.writeHead(200, { ...common, 'content-type': 'application/json' });
    const { gateway, resource } = begun;
    response.end(JSON.stringify({ authorization_url: location, gateway_origin: gateway.origin, resource }));
  }

  private async signIn(
    request: IncomingMessage,
    response: ServerResponse,
    upstreamId: string,
    body: Buffer,
  ): Promise<void> {
    const site = request.headers['sec-fetch-site'];
    // Nobody else may sign a browser in: what its person consents to would be somebody else's.
    if (site !== undefined && site !== 'same-origin') throw fail('http.origin_refused');
    const form = new URLSearchParams(body.toString());
    const email = form.get('email') ?? '';
    try {
      const shown = { email, password: form.get('password') ?? '' };
      const begun = await this.visits.beginByPassword(request, response, upstreamId, shown);
      response.setHeader('set-cookie', this.cookie(begun));
      response.setHeader('refresh', `0;url=${begun.location}`);
      this.show(response, 200, onwardPage(begun, begun.location));
    } catch (error) {
      const { code, message, httpStatus } = toGatewayError(error);
      if (!SAID_AGAIN.has(code)) throw error;
      this.show(response, httpStatus, signInPage({ email, problem: message } satisfies SignInState));
    }
  }

  private async comeBack(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    const query = new URLSearchParams((request.url ?? '').split('?')[1] ?? '');
    const completed = await this.visits.complete(request, path, query);
    const { upstreamId, userEmail, cookie } = completed;
    this.logger.info({ upstreamId, user: userEmail }, 'a person consented to calls of an upstream');
    response.setHeader('set-cookie', `${cookie}=; ${this.cookieTerms(0)}`);
    this.show(response, 200, connectedPage(completed, userEmail));
  }

  private show(response: ServerResponse, status: number, page: string): void {
    response.writeHead(status, pageHeaders()).end(page);
  }

  private cookie({ browser: { name, secret } }: BegunConsent): string {
    return `${name}=${secret}; ${this.cookieTerms(FLOW_LIFE_MS / 1_000)}`;
  }

  private cookieTerms(maxAgeS: number): string {
    const isSecure = this.settings.publicUrl?.startsWith('https:') ?? true;
    return `Path=/; Max-Age=${maxAgeS}; HttpOnly; SameSite=Lax${isSecure ? '; Secure' : ''}`;
  }

  /** On this machine a browser may know the gateway by another name than the one it comes back to: cookies are of one. */
  private beginningOf({ headers, url = '' }: IncomingMessage): string | null {
    const { publicUrl } = this.settings;
    if (publicUrl === null || headers.host === undefined) return null;
    const { protocol, host } = new URL(publicUrl);
    const isAlias = headers.host !== host && isOriginOf(publicUrl, `${protocol}//${headers.host}`);
    return isAlias ? `${publicUrl}${url}` : null;
  }

  private refuse(request: IncomingMessage, response: ServerResponse, thrown: unknown): void {
    const error = toGatewayError(thrown);
    if (error.code === 'platform.internal') this.logger.error({ err: thrown }, 'a consent failed');
    else this.logger.warn({ code: error.code, reason: error.message }, 'a consent was not given');
    if (response.headersSent) return void response.destroy();
    if (!request.headers.accept?.includes('text/html')) return refuse(response, error);
    this.show(response, error.httpStatus, failedPage(error.message));
  }
}
