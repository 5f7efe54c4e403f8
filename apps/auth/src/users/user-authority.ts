import { Injectable } from '@nestjs/common';
import type { Principal } from '#contracts/auth/principal';
import { fail } from '#libs/errors';
import { AccountStatusRepository } from '../policy/account-status.repository.js';
import { principalOfUser } from '../policy/principal.js';
import { administers, firstBeyond } from '../policy/grants.js';
import { Tenures } from '../policy/tenure.js';

/**
 * Whose account a caller may decide over. Who administers decides over all; who holds `admin.user_management` alone, by a role
 * or a narrowed token, over users who may no more than they: whoever sets a password can log in with it.
 */
@Injectable()
export class UserAuthority {
  constructor(
    private readonly statuses: AccountStatusRepository,
    private readonly tenures: Tenures,
  ) {}

  /** Throws `auth.grant_missing` where the caller makes an administrator and is none, or only for a time. */
  async checkMayAppoint(caller: Principal, isAdmin: boolean): Promise<void> {
    if (!isAdmin) return;
    if (!administers(caller))
      throw fail('auth.grant_missing', { message: 'Only an administrator makes administrators' });
    (await this.tenures.of(caller)).checkOutlasts(['*'], null, null);
  }

  /** Throws as `checkMayDecideOver` does, and where the user holds something for longer than the caller. */
  async checkMaySetPassword(caller: Principal, email: string): Promise<void> {
    await this.checkMayDecideOver(caller, email);
    await this.tenures.checkOutlastsUser(caller, email);
  }

  /** Throws `auth.grant_missing` where the user is an administrator and the caller is none. */
  async checkNoAdministrator(caller: Principal, email: string): Promise<void> {
    if (!administers(caller)) refuseAdministrator(await this.whole(email));
  }

  /** Throws as `checkNoAdministrator` does, and where the user holds what the caller does not, anywhere. */
  async checkMayDecideOver(caller: Principal, email: string): Promise<void> {
    if (administers(caller)) return;
    const user = await this.whole(email);
    if (user === null) return;
    refuseAdministrator(user);
    const missing = firstBeyond(caller, user);
    if (missing !== null)
      throw fail('auth.grant_missing', {
        message: `The user holds the permission ${missing}, which you do not hold yourself`,
      });
  }

  /** The user by a token that narrows nothing, as they are or would be once enabled. */
  private async whole(email: string): Promise<Principal | null> {
    const status = await this.statuses.find(email, '', []);
    return status.user === null ? null : principalOfUser({ ...status.user, isActive: true }, status);
  }
}

const refuseAdministrator = (user: Principal | null): void => {
  if (user?.permissions.includes('*'))
    throw fail('auth.grant_missing', { message: 'Only an administrator may do this to an administrator' });
};
