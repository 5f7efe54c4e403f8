import { Injectable } from '@nestjs/common';
import type { Grant, Permission } from '#contracts/auth/permission';
import type { Principal } from '#contracts/auth/principal';
import { fail } from '#libs/errors';
import { holds, holdsIn } from '#libs/identity';
import { AccountStatusRepository } from '../policy/account-status.repository.js';
import { principalOfUser } from '../policy/principal.js';
import { UserService } from '../users/user.service.js';

/** What a user may do with a token that narrows nothing. */
@Injectable()
export class PermissionsService {
  constructor(
    private readonly statuses: AccountStatusRepository,
    private readonly users: UserService,
  ) {}

  /** `null` where there is no such user. One who is not active may nothing. */
  async find(address: string): Promise<{ readonly principal: Principal; readonly isActive: boolean } | null> {
    const known = await this.users.find(address);
    if (known === null) return null;
    const status = await this.statuses.find(known.email, '', []);
    const { user } = status;
    return user === null ? null : { principal: principalOfUser(user, status), isActive: user.isActive };
  }

  private async principal(address: string): Promise<Principal> {
    const found = await this.find(address);
    if (found === null) throw fail('registry.unknown');
    return found.principal;
  }

  /** With what is kept for a team where one is named, else with all that they see. Throws `registry.unknown` for no user. */
  async list(address: string, teamId: string | undefined): Promise<readonly Grant[]> {
    return grantsOf(await this.principal(address), teamId);
  }

  /** Throws as `list` does. */
  async check(address: string, permission: Permission, teamId: string | undefined): Promise<boolean> {
    const principal = await this.principal(address);
    return teamId === undefined ? holds(principal, permission) : holdsIn(principal, teamId, permission);
  }
}

/** Those that count for everything, and those in the team. */
export const grantsOf = (principal: Principal, teamId: string | undefined): readonly Grant[] => {
  const { permissions, teamPermissions = {} } = principal;
  const inTeam = teamId !== undefined && Object.hasOwn(teamPermissions, teamId) ? teamPermissions[teamId] : undefined;
  return [...new Set([...permissions, ...(inTeam ?? [])])];
};
