import { Injectable } from '@nestjs/common';
import { GrantsChanged } from '#contracts/auth/credential-revoked.event';
import type { Principal } from '#contracts/auth/principal';
import { type Bus, InjectBus } from '#libs/bus';
import { fail } from '#libs/errors';
import { holds, holdsIn } from '#libs/identity';
import { administers } from '../../policy/grants.js';
import { Tenures } from '../../policy/tenure.js';
import { TeamAccess } from '../../teams/team-access.js';
import { UserService } from '../../users/user.service.js';
import type { RoleScope } from '../role.entity.js';
import { type EffectiveRole, RoleRepository } from '../role.repository.js';
import type { AssignRoleBody } from './assignment.body.js';
import { AssignmentRepository, type RoleAssignment } from './assignment.repository.js';

/** Which assignment is meant. */
export interface AssignmentPlace {
  readonly email: string;
  readonly roleId: string;
  readonly scope: RoleScope | undefined;
  readonly teamId: string | undefined;
}

/**
 * Who has which role. Administrators give any; who says who is in a team gives roles in it, of what they may do there
 * themselves, and for no longer. To themselves only owners and administrators give any. A change is announced once it is
 * committed.
 */
@Injectable()
export class AssignmentService {
  constructor(
    private readonly assignments: AssignmentRepository,
    private readonly roles: RoleRepository,
    private readonly teams: TeamAccess,
    private readonly users: UserService,
    private readonly tenures: Tenures,
    @InjectBus() private readonly bus: Bus,
  ) {}

  /**
   * Throws `http.invalid` for an unknown user, role or team, a user who is not in the team, a scope that is not the
   * role's, or an expiry that is over; `auth.grant_missing` where the caller may not give it, or not for so long.
   */
  async assign(caller: Principal, address: string, body: AssignRoleBody): Promise<RoleAssignment> {
    const { roleId, scope, scopeId = null, expiresAt = null } = body;
    const found = await this.roles.find(roleId);
    if (found === null) throw invalid('role_id', 'there is no such role');
    if (found.role.scope !== scope) throw invalid('scope', `the role is ${found.role.scope}`);
    if ((scope === 'team') !== (scopeId !== null))
      throw invalid('scope_id', scope === 'team' ? 'must name the team' : 'a global role is in no team');
    if (expiresAt !== null && expiresAt <= new Date()) throw invalid('expires_at', 'is over');
    const userEmail = address.toLowerCase();
    if (userEmail === caller.id) await this.checkMayGiveToSelf(caller, scopeId);
    await this.checkMayGive(caller, found, scopeId);
    const tenure = await this.tenures.of(caller);
    tenure.checkOutlasts(found.permissions, scopeId, expiresAt?.getTime() ?? null);
    const made = await this.assignments.add({
      userEmail,
      roleId,
      teamId: scopeId,
      grantedBy: caller.id,
      expiresAt,
    });
    if (made === 'unknown_user') throw invalid('user_email', 'there is no such user');
    if (made === 'no_member') throw invalid('user_email', 'the user is not in the team');
    if (made === 'unknown_role') throw invalid('role_id', 'there is no such role');
    if (made === 'too_many') throw fail('http.conflict', { message: 'The user has as many roles as may be' });
    await this.announce(made.userEmail);
    return { assignment: made, role: found.role };
  }

  /** Throws `registry.unknown` where there is no such user. */
  async list(address: string, scope: RoleScope | null, withExpired: boolean): Promise<RoleAssignment[]> {
    const { email } = await this.users.get(address);
    const found = await this.assignments.list(email, withExpired);
    return scope === null ? found : found.filter(({ role }) => role.scope === scope);
  }

  /** The caller's own, as far as they have not expired. */
  listOwn(caller: Principal): Promise<RoleAssignment[]> {
    return this.assignments.list(caller.id, false);
  }

  /** Throws `registry.unknown` where the user has no such role, `auth.grant_missing` where the caller may not take it. */
  async revoke(caller: Principal, place: AssignmentPlace): Promise<void> {
    const email = place.email.toLowerCase();
    const found = (await this.assignments.list(email, true)).filter(
      ({ assignment, role }) =>
        role.id === place.roleId &&
        (place.scope === undefined || role.scope === place.scope) &&
        (place.teamId === undefined || assignment.teamId === place.teamId),
    );
    const mine = holds(caller, 'admin.user_management')
      ? found
      : found.filter(({ assignment: { teamId } }) => teamId !== null && (caller.teams?.includes(teamId) ?? true));
    if (mine.length === 0) throw fail('registry.unknown');
    for (const { assignment, role } of mine) {
      const effective = (await this.roles.find(role.id)) ?? { role, permissions: [] };
      await this.checkMayGive(caller, effective, assignment.teamId);
    }
    await this.assignments.remove(mine.map(({ assignment }) => assignment.id));
    await this.announce(email);
  }

  private async checkMayGive(caller: Principal, { permissions }: EffectiveRole, teamId: string | null): Promise<void> {
    if (!holds(caller, 'admin.user_management')) {
      if (teamId === null) throw fail('auth.grant_missing', { message: 'Only an administrator gives a global role' });
      await this.teams.owned(caller, teamId, 'teams.manage_members');
    }
    const missing = permissions.find((name) =>
      teamId === null ? !holds(caller, name) : !holdsIn(caller, teamId, name),
    );
    if (missing !== undefined)
      throw fail('auth.grant_missing', { message: `You do not hold the permission ${missing} yourself` });
  }

  private async checkMayGiveToSelf(caller: Principal, teamId: string | null): Promise<void> {
    const may = teamId === null ? administers(caller) : await this.teams.owns(caller, teamId);
    if (!may) throw fail('auth.grant_missing', { message: 'Nobody gives a role to themselves' });
  }

  private async announce(principalId: string): Promise<void> {
    this.bus.publish(GrantsChanged, { principalId });
    await this.bus.flush();
  }
}

const invalid = (field: string, message: string) =>
  fail('http.invalid', { message: `${field}: ${message}`, data: { errors: [{ field, message }] } });
