import type { IncomingMessage, ServerResponse } from 'node:http';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { isOriginOf } from '#contracts/auth/oauth/own-issuer';
import { fail, toGatewayError } from '#libs/errors';
import { OriginGuard } from '#libs/mcp-http';
import { InjectPlatformConfig, type PlatformConfig, RawHttp, refuse } from '#libs/service';
import { openAct } from '#libs/storage';
import { InjectLogger, type Logger } from '#libs/telemetry';
import { ENDED, endedBody, pageHeaders, pageOf } from '../../rest/html-page.js';
import { readBody } from '../../rest/read-body.js';
import { ROUTES, SIGN_IN_PATH } from '../routes.js';
import { OPENING_PROVIDER, type OpeningProvider } from '../opening-provider.js';
import { SignInService } from '../sign-in.service.js';
import { readParameters, readRegistration } from './asked.js';
import { readAgain } from './exchange.js';
import { Introductions } from './introductions.js';

/** What stays the same while the process runs. */
interface Context {
  readonly issuer: string;
  readonly guard: OriginGuard;
  readonly opening: OpeningProvider;
}

const NO_BODY = Buffer.alloc(0);
const METADATA = /^\/\.well-known\/(oauth-authorization-server|openid-configuration)(\/.*)?$/;
const METADATA_BELOW = /^\/(mcp|servers\/[^/]+\/mcp)\/\.well-known\/openid-configuration$/;
const PATHS = new Set<string>(Object.values(ROUTES));
/** Where a browser goes on after the page. */
const RESUMED = /^\/(authorize|device)\/[\w-]{1,64}$/;
const PAGE = new RegExp(`^${SIGN_IN_PATH}/([\\w-]{1,64})$`);
const HEADERS: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  // With none, browsers say of a form that it comes from nowhere, and it is refused.
  'referrer-policy': 'same-origin',
  'cache-control': 'no-store',
};

/**
 * The authorization server on the HTTP server: it reads what clients ask as they mean it, holds it within limits, and gives
 * it to `oidc-provider`, the page to `SignInService`.
 */
@Injectable()
export class AuthorizationServerFace implements OnModuleInit {
  constructor(
    /** `null`: the gateway is no authorization server. */
    @Inject(OPENING_PROVIDER) private readonly opening: OpeningProvider | null,
    private readonly signIn: SignInService,
    private readonly introductions: Introductions,
    private readonly raw: RawHttp,
    @InjectPlatformConfig() private readonly config: PlatformConfig,
    @InjectLogger() private readonly logger: Logger,
  ) {}

  onModuleInit(): void {
    const { opening } = this;
    if (opening === null) return;
    const { issuer } = opening;
    const { ALLOWED_HOSTS, ALLOWED_ORIGINS } = this.config;
    const guard = new OriginGuard([...ALLOWED_HOSTS, new URL(issuer).hostname], [...ALLOWED_ORIGINS, issuer]);
    const context = { issuer, guard, opening };
    this.raw.mount((request, response) => this.handle(request, response, context), 'authorization-server');
  }

  /** True when the request is for the authorization server; it is then answered. */
  private handle(request: IncomingMessage, response: ServerResponse, context: Context): boolean {
    const path = pathOf(request);
    if (
      !PATHS.has(path) &&
      !METADATA.test(path) &&
      !METADATA_BELOW.test(path) &&
      !RESUMED.test(path) &&
      !PAGE.test(path)
    )
      return false;
    openAct(() => this.answer(request, response, path, context)).catch((error: unknown) =>
      this.refuse(response, error),
    );
    return true;
  }

  private async answer(
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
    { issuer, guard, opening }: Context,
  ): Promise<void> {
    guard.check(request.headers);
    const body = request.method === 'POST' ? await readBody(request) : NO_BODY;
    checkText(request.url ?? '', body);
    this.raw.takePlace(response);
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
    if (PAGE.test(path)) return this.answerPage(request, response, body, issuer);
    const { provider, answer } = await opening.open();
    const elsewhere = beginningOf(request, path, issuer, provider.cookieName('session'));
    if (elsewhere !== null) return void response.writeHead(303, { location: elsewhere }).end();
    if (STEPS.has(path)) this.introductions.countStep(request);
    const { url, body: read } = await this.read(request, path, body);
    const again = readAgain(request, issuer, url, read);
    // Nobody stays logged in at the authorization server: each sign-in shows its password.
    if (request.method === 'GET' && BEGINNINGS.has(path)) delete again.headers.cookie;
    await answer(again, response);
  }

  /** What is asked, as it is meant. */
  private async read(request: IncomingMessage, path: string, body: Buffer): Promise<{ url: string; body: Buffer }> {
    const { url = '' } = request;
    const query = url.slice(path.length + 1);
    switch (path) {
      case ROUTES.authorization:
        return { url: `${path}?${readParameters(query, true)}`, body };
      case ROUTES.device_authorization:
        return { url, body: Buffer.from(readParameters(body.toString(), true)) };
      case ROUTES.token:
        return { url, body: Buffer.from(readParameters(body.toString(), false)) };
      case ROUTES.registration:
        return { url, body: await this.registered(request, body) };
      default:
        // The same document wherever clients look for it.
        return METADATA.test(path) || METADATA_BELOW.test(path) ? { url: METADATA_PATH, body } : { url, body };
    }
  }

  private async registered(request: IncomingMessage, body: Buffer): Promise<Buffer> {
    this.introductions.count(request);
    await this.introductions.makeRoom();
    try {
      return Buffer.from(JSON.stringify(readRegistration(JSON.parse(body.toString()))));
    } catch {
      return body;
    }
  }

  private async answerPage(
    request: IncomingMessage,
    response: ServerResponse,
    body: Buffer,
    issuer: string,
  ): Promise<void> {
    const again = readAgain(request, issuer, request.url ?? '', NO_BODY);
    if (request.method === 'GET') return this.signIn.show(again, response);
    if (request.method !== 'POST') throw fail('http.method_not_allowed');
    checkOwnPage(request, issuer);
    await this.signIn.take(again, response, new URLSearchParams(body.toString()));
  }

  private refuse(response: ServerResponse, thrown: unknown): void {
    if (isSessionLost(thrown) && !response.headersSent)
      return void response.writeHead(400, pageHeaders()).end(pageOf(ENDED, endedBody(LOST)));
    const error = toGatewayError(thrown);
    if (error.code === 'platform.internal') this.logger.error({ err: thrown }, 'the authorization server failed');
    if (response.headersSent) response.destroy();
    else refuse(response, error);
  }
}

const METADATA_PATH = '/.well-known/oauth-authorization-server';
/** Where a person begins. */
const BEGINNINGS: ReadonlySet<string> = new Set([ROUTES.authorization, ROUTES.code_verification]);
/** Each leaves something in the database. */
const STEPS: ReadonlySet<string> = new Set([ROUTES.authorization, ROUTES.device_authorization, ROUTES.token]);
const URL_CHARS_MAX = 8_192;
const LOST = 'It has expired, or was begun in another browser.';

const isSessionLost = (thrown: unknown): boolean => thrown instanceof Error && thrown.name === 'SessionNotFound';

/** U+0000 is in no text that a database takes; what is as long as this is kept for nobody. */
const checkText = (url: string, body: Buffer): void => {
  if (url.length > URL_CHARS_MAX) throw fail('http.invalid', { message: 'The address is too long' });
  if (/%00|\\u0000|\0/i.test(url) || /%00|\\u0000|\0/i.test(body.toString('latin1')))
    throw fail('http.invalid', { message: 'A text holds U+0000' });
};

/** The form of the page alone is listened to. https://www.w3.org/TR/fetch-metadata/ */
const checkOwnPage = ({ headers }: IncomingMessage, issuer: string): void => {
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin') throw fail('http.origin_refused');
  if (headers.origin !== undefined && headers.origin !== issuer) throw fail('http.origin_refused');
};

/**
 * Where a browser is to begin instead: on this machine, where it knows the gateway by another name than the issuer's, since
 * cookies are of one; and where it enters a code after so long that its page is forgotten. `null`: it may go on.
 */
const beginningOf = (
  { method, headers, url = '' }: IncomingMessage,
  path: string,
  issuer: string,
  sessionCookie: string,
): string | null => {
  if (!BEGINNINGS.has(path)) return null;
  if (method === 'POST') return headers.cookie?.includes(`${sessionCookie}=`) ? null : `${issuer}${path}`;
  const { host, port, protocol } = new URL(issuer);
  if (method !== 'GET' || headers.host === undefined || headers.host === host) return null;
  const isAlias = headers.host.endsWith(`:${port}`) && isOriginOf(issuer, `${protocol}//${headers.host}`);
  return isAlias ? `${issuer}${url}` : null;
};

const pathOf = ({ url = '' }: IncomingMessage): string => url.split('?', 1)[0] ?? '';
