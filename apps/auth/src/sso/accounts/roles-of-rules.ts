import { Injectable } from '@nestjs/common';
import { InjectLogger, type Logger } from '#libs/telemetry';
import { AssignmentRepository } from '../../roles/assignments/assignment.repository.js';
import { RoleRepository } from '../../roles/role.repository.js';
import type { SignInRule } from '../providers/sso-provider.js';

const ADMINISTRATOR = 'platform_admin';

/** A role for all that one sees, or in a team. */
interface Place {
  readonly roleId: string;
  readonly teamId: string | null;
}

/** The roles that rules give. */
@Injectable()
export class RolesOfRules {
  constructor(
    private readonly roles: RoleRepository,
    private readonly assignments: AssignmentRepository,
    @InjectLogger() private readonly logger: Logger,
  ) {}

  /** These roles, and none that `giver` gave and that is not among them. Answers whether anything changed. */
  async give(
    giver: string,
    email: string,
    rules: readonly SignInRule[],
    teamIds: ReadonlyMap<string, string>,
  ): Promise<boolean> {
    const wanted = await this.placesOf(rules, teamIds);
    const held = (await this.assignments.list(email, false)).map(({ assignment }) => assignment);
    const isAt = (place: Place) => (other: Place) => other.roleId === place.roleId && other.teamId === place.teamId;
    const over = held.filter((given) => given.grantedBy === giver && !wanted.some(isAt(given)));
    const missing = wanted.filter((place) => !held.some(isAt(place)));
    await this.assignments.remove(over.map(({ id }) => id));
    for (const place of missing) {
      const made = await this.assignments.add({ userEmail: email, ...place, grantedBy: giver, expiresAt: null });
      if (typeof made === 'string')
        this.logger.warn({ principal: email, ...place, giver, objection: made }, 'a rule gives no role');
    }
    return over.length + missing.length > 0;
  }

  private async placesOf(
    rules: readonly SignInRule[],
    teamIds: ReadonlyMap<string, string>,
  ): Promise<readonly Place[]> {
    const places = new Map<string, Place>();
    const add = (roleId: string, teamId: string | null) => places.set(`${roleId} ${teamId ?? ''}`, { roleId, teamId });
    for (const { teams, roles, isAdmin } of rules) {
      if (isAdmin) add(ADMINISTRATOR, null);
      for (const name of roles) {
        const everywhere = await this.roles.findByName(name, 'global');
        const within = everywhere === null ? await this.roles.findByName(name, 'team') : null;
        if (everywhere !== null) add(everywhere.role.id, null);
        else if (within === null) this.logger.warn({ role: name }, 'a rule names a role that is not there');
        else for (const team of teams) if (teamIds.has(team)) add(within.role.id, teamIds.get(team) ?? null);
      }
    }
    return [...places.values()];
  }
}
