import type { IncomingMessage, ServerResponse } from 'node:http';
import { Injectable } from '@nestjs/common';
import { pageHeaders } from '../rest/html-page.js';
import { SignInFlow } from '../sso/flow/sign-in-flow.js';
import { type ConsentingUser, SignedInCookie } from '../sso/flow/signed-in-cookie.js';
import { ProviderService } from '../sso/providers/provider.service.js';
import { onwardPage } from '../sso/sso-page.js';
import type { SignInAsk } from './pages/sign-in-page.js';

/** Signing in with an identity provider instead of a password, from the page of a client and back to it. */
@Injectable()
export class SignInElsewhere {
  constructor(
    private readonly providers: ProviderService,
    private readonly flow: SignInFlow,
    private readonly signedIn: SignedInCookie,
  ) {}

  offered(): Promise<SignInAsk['providers']> {
    return this.providers.offered();
  }

  /** Sends the browser to the provider with what was allowed on `page`. Rejects as `SignInFlow.begin` does. */
  async begin(
    providerId: string,
    purpose: { readonly page: string; readonly scopes: readonly string[] },
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const { url, cookies } = await this.flow.begin(providerId, { kind: 'consent', ...purpose }, request.headers.cookie);
    const { displayName } = (await this.providers.known(providerId)).provider;
    response.writeHead(200, { ...pageHeaders(), 'set-cookie': [...cookies] });
    response.end(onwardPage(url, displayName));
  }

  /** Who has come back to the page, and what they had allowed on it; `null`: nobody. */
  returned(page: string, request: IncomingMessage): Promise<ConsentingUser | null> {
    return this.signedIn.take(page, request.headers.cookie);
  }
}
