import type { IncomingMessage } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { fail } from '#libs/errors';
import { AdminGuard, CLIENT_ADDRESS, type ClientAddress, networkOf } from '#libs/identity';
import { nameActor } from '#libs/storage';
import { LoginService } from '../../login/login.service.js';
import { AccountStatusRepository } from '../../policy/account-status.repository.js';
import { principalOfUser } from '../../policy/principal.js';
import { type BegunConsent, type CompletedConsent, ConsentService } from '../consent.service.js';

/** Who it is that comes for a consent, and comes back with it. Every method rejects as `ConsentService` does. */
@Injectable()
export class ConsentVisits {
  constructor(
    private readonly consents: ConsentService,
    private readonly logins: LoginService,
    private readonly statuses: AccountStatusRepository,
    private readonly guard: AdminGuard,
    @Inject(CLIENT_ADDRESS) private readonly addressOf: ClientAddress,
  ) {}

  /** Whoever shows a token, or is the page of the console, is known. Rejects with what it is not let in for besides. */
  async beginByToken(request: IncomingMessage, upstreamId: string): Promise<BegunConsent> {
    const principal = await this.guard.admit(request, []);
    nameActor({ kind: 'user', id: principal.id, address: this.addressOf(request) });
    return this.consents.begin(upstreamId, principal);
  }

  /** Rejects as `LoginService.authenticate` does besides. */
  async beginByPassword(
    request: IncomingMessage,
    upstreamId: string,
    email: string,
    password: string,
  ): Promise<BegunConsent> {
    const user = await this.logins.authenticate(email, password, networkOf(this.addressOf(request)));
    const status = await this.statuses.find(user.email, '', []);
    if (status.user === null) throw fail('auth.credential_invalid');
    return this.consents.begin(upstreamId, principalOfUser(status.user, status));
  }

  complete(request: IncomingMessage, answer: URLSearchParams): Promise<CompletedConsent> {
    return this.consents.complete(answer, cookiesOf(request), this.addressOf(request));
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
