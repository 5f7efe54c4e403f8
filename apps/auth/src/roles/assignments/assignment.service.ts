import { Injectable } from '@nestjs/common';
import { GrantsChanged } from '#contracts/auth/credential-revoked.event';
import type { Principal } from '#contracts/auth/principal';
import { type Bus, InjectBus } from '#libs/bus';
import { fail } from '#libs/errors';
import { holds, holdsIn } from '#libs/identity';
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
 * themselves. A change is announced once it is committed.
 */
@Injectable()
export class AssignmentService {
  constructor(
    private readonly assignments: AssignmentRepository,
    private readonly roles: RoleRepository,
    private readonly teams: TeamAccess,
    private readonly users: UserService,
    @InjectBus() private readonly bus: Bus,
  ) {}

  /**
   * Throws `http.invalid` for an unknown user, role or team, a user who is not in the team, a scope that is not the
   * role's, or an expiry that is over; `auth.grant_missing` where the caller may not give it.
   */
  async assign(caller: Principal, address: string, body: AssignRoleBody): Promise<RoleAssignment> {
    const { roleId, scope, scopeId = null, expiresAt = null } = body;
    const found = await this.roles.find(roleId);
    if (found === null) throw invalid('role_id', 'there is no such role');
    if (found.role.scope !== scope) throw invalid('scope', `the role is ${found.role.scope}`);
    if ((scope === 'team') !== (scopeId !== null))
      throw invalid('scope_id', scope === 'team' ? 'must name the team' : 'a global role is in no team');
    if (expiresAt !== null && expiresAt <= new Date()) throw invalid('expires_at', 'is over');
    await this.checkMayGive(caller, found, scopeId);
    const made = await this.assignments.add({
      userEmail: address.toLowerCase(),
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
      await this.assignments.remove(assignment.id);
    }
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

  private async announce(principalId: string): Promise<void> {
    this.bus.publish(GrantsChanged, { principalId });
    await this.bus.flush();
  }
}

const invalid = (field: string, message: string) =>
  fail('http.invalid', { message: `${field}: ${message}`, data: { errors: [{ field, message }] } });
