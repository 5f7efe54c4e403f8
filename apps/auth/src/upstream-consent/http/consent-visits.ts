import type { IncomingMessage, ServerResponse } from 'node:http';
import { finished } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import type { Principal } from '#contracts/auth/principal';
import { fail } from '#libs/errors';
import { AdminGuard, CallShares, CLIENT_ADDRESS, type ClientAddress, networkOf } from '#libs/identity';
import { nameActor } from '#libs/storage';
import { LoginService } from '../../login/login.service.js';
import { AccountStatusRepository } from '../../policy/account-status.repository.js';
import { principalOfUser } from '../../policy/principal.js';
import { type BegunConsent, type CompletedConsent, ConsentService } from '../consent.service.js';

/**
 * Who it is that comes for a consent, and comes back with it. Who begins one has of their shares until the answer has left. Every method
 * rejects as `ConsentService` does.
 */
@Injectable()
export class ConsentVisits {
  constructor(
    private readonly consents: ConsentService,
    private readonly logins: LoginService,
    private readonly statuses: AccountStatusRepository,
    private readonly guard: AdminGuard,
    private readonly shares: CallShares,
    @Inject(CLIENT_ADDRESS) private readonly addressOf: ClientAddress,
  ) {}

  /** Whoever shows a token, or is the page of the console, is known. Rejects with what it is not let in for besides. */
  async beginByToken(request: IncomingMessage, response: ServerResponse, upstreamId: string): Promise<BegunConsent> {
    const principal = await this.guard.admit(request, []);
    this.enter(principal, request, response);
    nameActor({ kind: 'user', id: principal.id, address: this.addressOf(request) });
    return this.consents.begin(upstreamId, principal);
  }

  /** Rejects as `LoginService.authenticate` does besides. */
  async beginByPassword(
    request: IncomingMessage,
    response: ServerResponse,
    upstreamId: string,
    { email, password }: { readonly email: string; readonly password: string },
  ): Promise<BegunConsent> {
    const user = await this.logins.authenticate(email, password, networkOf(this.addressOf(request)));
    const status = await this.statuses.find(user.email, '', []);
    if (status.user === null) throw fail('auth.credential_invalid');
    const principal = principalOfUser(status.user, status);
    this.enter(principal, request, response);
    return this.consents.begin(upstreamId, principal);
  }

  /** `path`: where the person came back to. */
  complete(request: IncomingMessage, path: string, answer: URLSearchParams): Promise<CompletedConsent> {
    return this.consents.complete({ path, answer, cookieOf: cookiesOf(request), address: this.addressOf(request) });
  }

  private enter(principal: Principal, request: IncomingMessage, response: ServerResponse): void {
    const taken = this.shares.enter(principal, request);
    // Also where the answer is of no use to anybody by now.
    finished(response, () => this.shares.leave(taken));
  }
}

/** Of two by one name neither counts. */
const cookiesOf =
  ({ headers }: IncomingMessage) =>
  (name: string): string | null => {
    const values = (headers.cookie ?? '')
      .split(';')
      .map((pair) => pair.trim())
      .filter((pair) => pair.startsWith(`${name}=`));
    return values.length === 1 ? (values[0]?.slice(name.length + 1) ?? null) : null;
  };
