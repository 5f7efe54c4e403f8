import { Injectable } from '@nestjs/common';
import { fail } from '#libs/errors';
import { InjectLogger, type Logger } from '#libs/telemetry';
import type { User } from '../../users/user.entity.js';
import { UserService } from '../../users/user.service.js';
import type { Person } from '../protocol/person.js';
import { ProviderService } from '../providers/provider.service.js';
import type { SsoProvider } from '../providers/sso-provider.js';
import { GrantsOfRules } from './grants-of-rules.js';
import { IdentityRepository } from './identity.repository.js';

/** The account here of somebody who signed in elsewhere. */
@Injectable()
export class AccountService {
  constructor(
    private readonly identities: IdentityRepository,
    private readonly providers: ProviderService,
    private readonly users: UserService,
    private readonly grants: GrantsOfRules,
    @InjectLogger() private readonly logger: Logger,
  ) {}

  /**
   * The user that the issuer knows by this subject; else one of the person's verified address, who is made or linked where the
   * provider may do that. They then have the teams and roles that its rules give. Throws `auth.sign_in_refused`.
   */
  async of(provider: SsoProvider, person: Person): Promise<User> {
    const known = await this.identities.find(person.issuer, person.subject);
    const email = known?.userEmail ?? (await this.linked(provider, person));
    const user = await this.users.find(email);
    if (user === null) throw refused('Your account here was removed: ask an administrator');
    if (!user.isActive) throw refused('Your account here is disabled: ask an administrator');
    await this.grants.give(provider, person.claims, user.email);
    return user;
  }

  private async linked(provider: SsoProvider, { issuer, subject, email, fullName }: Person): Promise<string> {
    const before = await this.users.find(email);
    if (before === null && !provider.createsUsers)
      throw refused('You have no account here yet: ask an administrator to make one');
    if (before === null) await this.users.keep(email, provider.id, fullName);
    else await this.checkMayLink(provider, before, issuer);
    const user = await this.users.find(email);
    // One who was removed stays so.
    if (user === null) throw refused('Your account here was removed: ask an administrator');
    if (!(await this.identities.add(issuer, subject, user.email))) throw refused(LINKED_ELSEWHERE);
    this.logger.info(
      { principal: email, provider: provider.id, made: before === null },
      'an account was linked to an identity',
    );
    return user.email;
  }

  /** Accounts that the provider brought, or the directory of the only one, are its own; others are linked where it may do that. */
  private async checkMayLink(provider: SsoProvider, user: User, issuer: string): Promise<void> {
    // The address of somebody who has left may be given to another one: an account is of one subject.
    if (await this.identities.isKnown(user.email, issuer)) throw refused(LINKED_ELSEWHERE);
    if (provider.linksAccounts || user.authProvider === provider.id || user.authProvider === issuer) return;
    if (user.authProvider === 'scim' && (await this.isOfDirectory(user.email))) return;
    throw refused('There is an account of your address here that is not linked to this provider: ask an administrator');
  }

  /** The directory does not say whose it is: with one provider alone there is no doubt. */
  private async isOfDirectory(email: string): Promise<boolean> {
    return (await this.providers.offered()).length === 1 && !(await this.identities.isKnown(email));
  }
}

const LINKED_ELSEWHERE = 'The account of your address here is linked to another identity: ask an administrator';

const refused = (message: string) => fail('auth.sign_in_refused', { message });
