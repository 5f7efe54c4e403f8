import { Injectable } from '@nestjs/common';
import { GrantsChanged } from '#contracts/auth/credential-revoked.event';
import type { Principal } from '#contracts/auth/principal';
import { type Bus, InjectBus } from '#libs/bus';
import { fail } from '#libs/errors';
import { type AuthSettings, InjectAuthSettings } from '../auth.settings.js';
import { firstNotHeld, isAdministration } from '../policy/grants.js';
import { Tenures } from '../policy/tenure.js';
import type { ChangeRoleBody, CreateRoleBody } from './role.body.js';
import type { Role, RoleScope } from './role.entity.js';
import { type EffectiveRole, RoleRepository } from './role.repository.js';

/** Roles, as administrators make them. A change is announced once it is committed: it counts everywhere at once. */
@Injectable()
export class RoleService {
  constructor(
    private readonly roles: RoleRepository,
    private readonly tenures: Tenures,
    @InjectAuthSettings() private readonly settings: AuthSettings,
    @InjectBus() private readonly bus: Bus,
  ) {}

  /**
   * Throws `http.invalid` for a permission that a role in a team cannot have, or an unknown role to inherit from,
   * `auth.grant_missing` for one that the caller does not hold, or not for as long as whoever has the role,
   * `http.conflict` where the name is taken.
   */
  async create(caller: Principal, body: CreateRoleBody): Promise<EffectiveRole> {
    const { name, description = null, scope, permissions, inheritsFrom = null } = body;
    await this.checkParent(inheritsFrom, scope);
    this.checkPermissions(caller, scope, permissions);
    const asked = { name, description, scope, permissions: [...new Set(permissions)], inheritsFrom };
    // Nobody has a new role yet, but for this one.
    if (this.isEverybodys(asked)) (await this.tenures.of(caller)).checkOutlasts(permissions, null, null);
    const made = await this.roles.add({ ...asked, createdBy: caller.id });
    if (made === 'name_taken') throw nameTaken(name);
    if (made === 'too_many') throw fail('http.conflict', { message: 'There are as many roles as may be' });
    return this.get(made.id);
  }

  list(scope: RoleScope | null): Promise<EffectiveRole[]> {
    return this.roles.list(scope);
  }

  /** Throws `registry.unknown` where there is no such role. */
  async get(id: string): Promise<EffectiveRole> {
    const found = await this.roles.find(id);
    if (found === null) throw fail('registry.unknown');
    return found;
  }

  /**
   * What is left out stays. Throws as `create` does, and `http.conflict` for a built-in role, or a new name for the one that
   * every user has.
   */
  async change(caller: Principal, id: string, body: ChangeRoleBody): Promise<EffectiveRole> {
    const { role } = await this.changeable(id);
    const { name, description, permissions, inheritsFrom } = body;
    if (typeof name === 'string' && name !== role.name) this.checkNotEverybodys(role);
    if (typeof inheritsFrom === 'string') {
      await this.checkParent(inheritsFrom, role.scope);
      if (await this.roles.descends(inheritsFrom, id))
        throw fail('http.invalid', { message: 'inherits_from: the role would inherit from itself' });
    }
    const change = {
      ...(typeof name === 'string' && { name }),
      ...(description !== undefined && { description }),
      ...(Array.isArray(permissions) && { permissions: [...new Set(permissions)] }),
      ...(inheritsFrom !== undefined && { inheritsFrom }),
    };
    const tenure = await this.tenures.of(caller);
    const taken = await this.roles.change(id, change, (after, before) => {
      this.checkPermissions(caller, role.scope, after.permissions);
      // Whoever has the role has it for as long as they do, in whichever team.
      const added = this.isEverybodys(after.role)
        ? after.permissions
        : after.permissions.filter((one) => !before.includes(one));
      tenure.checkOutlasts(added, null, null);
    });
    if (taken !== null) throw nameTaken(name ?? '');
    await this.announce();
    return this.get(id);
  }

  /** Ends it for all who have it. Throws `http.conflict` for one that is built in, inherited from, or had by every user. */
  async remove(id: string): Promise<void> {
    const { role } = await this.changeable(id);
    this.checkNotEverybodys(role);
    if (!(await this.roles.remove(id)))
      throw fail('http.conflict', { message: 'Another role inherits from this one; change that first' });
    await this.announce();
  }

  private async changeable(id: string): Promise<EffectiveRole> {
    const found = await this.get(id);
    if (found.role.isSystemRole) throw fail('http.conflict', { message: 'A built-in role cannot be changed' });
    return found;
  }

  private isEverybodys({ scope, name }: Pick<Role, 'scope' | 'name'>): boolean {
    return scope === 'global' && name === this.settings.defaultRole;
  }

  private checkNotEverybodys(role: Role): void {
    if (this.isEverybodys(role))
      throw fail('http.conflict', { message: 'Every user has this role: DEFAULT_ROLE names it' });
  }

  private async checkParent(id: string | null, scope: RoleScope): Promise<void> {
    if (id === null) return;
    const parent = await this.roles.find(id);
    if (parent?.role.scope !== scope)
      throw fail('http.invalid', { message: `inherits_from: there is no such ${scope} role` });
  }

  /** Nobody hands on what they do not hold, and a team has neither administration nor anybody's tokens to give. */
  private checkPermissions(caller: Principal, scope: RoleScope, permissions: EffectiveRole['permissions']): void {
    const missing = firstNotHeld(caller, permissions);
    if (missing !== null)
      throw fail('auth.grant_missing', { message: `You do not hold the permission ${missing} yourself` });
    const foreign = permissions.find((name) => isAdministration(name) || name.startsWith('tokens.'));
    if (scope === 'team' && foreign !== undefined)
      throw fail('http.invalid', { message: `permissions: ${foreign} is not for roles in a team` });
  }

  private async announce(): Promise<void> {
    this.bus.publish(GrantsChanged, { principalId: null });
    await this.bus.flush();
  }
}

const nameTaken = (name: string) => fail('http.conflict', { message: `There is a role "${name}"` });
