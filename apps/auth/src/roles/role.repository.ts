import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Grant } from '#contracts/auth/permission';
import { InjectDatabase, transact } from '#libs/storage';
import { Role, type RoleScope } from './role.entity.js';

export type NewRole = Pick<Role, 'name' | 'description' | 'scope' | 'permissions' | 'inheritsFrom' | 'createdBy'>;
export type RoleChange = Partial<Pick<Role, 'name' | 'description' | 'permissions' | 'inheritsFrom'>>;

/** A role with all that it permits. */
export interface EffectiveRole {
  readonly role: Role;
  readonly permissions: readonly Grant[];
}

/** Of any kind; who makes roles has no use for more. */
const ROLES_MAX = 500;

/** The rows of `auth.roles`. */
@Injectable()
export class RoleRepository {
  constructor(@InjectDatabase('auth') private readonly database: DataSource) {}

  /** A built-in role, as it is to be. */
  async keep(role: {
    readonly id: string;
    readonly name: string;
    readonly description: string;
    readonly scope: RoleScope;
    readonly permissions: readonly Grant[];
  }): Promise<void> {
    const { id, name, description, scope, permissions } = role;
    await this.database.query(
      `INSERT INTO auth.roles (id, name, description, scope, permissions, is_system_role, created_by)
       VALUES ($1, $2, $3, $4, $5, true, 'system')
       ON CONFLICT DO NOTHING`,
      [id, name, description, scope, permissions],
    );
    // Apart, since replicas that start at once would otherwise collide on the name.
    await this.database.query('UPDATE auth.roles SET description = $2, permissions = $3 WHERE id = $1', [
      id,
      description,
      permissions,
    ]);
  }

  async find(id: string): Promise<EffectiveRole | null> {
    const role = await this.database.getRepository(Role).findOneBy({ id });
    return role === null ? null : ((await this.effective([role]))[0] ?? null);
  }

  async findByName(name: string, scope: RoleScope): Promise<EffectiveRole | null> {
    const role = await this.database.getRepository(Role).findOneBy({ name, scope });
    return role === null ? null : ((await this.effective([role]))[0] ?? null);
  }

  /** Built-in ones first, then by name. */
  async list(scope: RoleScope | null): Promise<EffectiveRole[]> {
    const roles = await this.database.getRepository(Role).find({
      where: scope === null ? {} : { scope },
      order: { isSystemRole: 'DESC', name: 'ASC', scope: 'ASC' },
    });
    return this.effective(roles);
  }

  add(role: NewRole): Promise<Role | 'name_taken' | 'too_many'> {
    return transact(this.database, async (manager) => {
      await manager.query('LOCK TABLE auth.roles IN SHARE ROW EXCLUSIVE MODE');
      if ((await manager.count(Role)) >= ROLES_MAX) return 'too_many';
      const { name, scope } = role;
      if (await manager.existsBy(Role, { name, scope })) return 'name_taken';
      const id = randomBytes(16).toString('hex');
      await manager.insert(Role, { id, ...role });
      return manager.findOneByOrFail(Role, { id });
    });
  }

  /** `check` sees the role as it would be and what it permitted before, and throws where it may not be so. */
  change(
    id: string,
    change: RoleChange,
    check: (after: EffectiveRole, before: readonly Grant[]) => void,
  ): Promise<'name_taken' | null> {
    return transact(this.database, async (manager) => {
      await manager.query('LOCK TABLE auth.roles IN SHARE ROW EXCLUSIVE MODE');
      const { scope } = await manager.findOneByOrFail(Role, { id });
      const namesake = change.name && (await manager.findOneBy(Role, { name: change.name, scope }));
      if (namesake && namesake.id !== id) return 'name_taken';
      const permissions = async () =>
        ((await manager.query(EFFECTIVE, [[id]])) as EffectiveRow[])[0]?.permissions ?? [];
      const before = await permissions();
      await manager.update(Role, { id }, { ...change, updatedAt: () => 'now()' });
      check({ role: await manager.findOneByOrFail(Role, { id }), permissions: await permissions() }, before);
      return null;
    });
  }

  /** Ends its assignments. False where another role inherits from it. */
  async remove(id: string): Promise<boolean> {
    return transact(this.database, async (manager) => {
      await manager.query('LOCK TABLE auth.roles IN SHARE ROW EXCLUSIVE MODE');
      if (await manager.existsBy(Role, { inheritsFrom: id })) return false;
      await manager.delete(Role, { id });
      return true;
    });
  }

  /** Whether `id` is `ancestor`, or inherits from it. */
  async descends(id: string, ancestor: string): Promise<boolean> {
    const rows: unknown[] = await this.database.query(
      `WITH RECURSIVE line AS (
         SELECT id, inherits_from FROM auth.roles WHERE id = $1
         UNION SELECT role.id, role.inherits_from FROM line JOIN auth.roles role ON role.id = line.inherits_from
       ) SELECT id FROM line WHERE id = $2`,
      [id, ancestor],
    );
    return rows.length > 0;
  }

  private async effective(roles: readonly Role[]): Promise<EffectiveRole[]> {
    const rows: EffectiveRow[] = await this.database.query(EFFECTIVE, [roles.map(({ id }) => id)]);
    const permissions = new Map(rows.map((row) => [row.role_id, row.permissions]));
    return roles.map((role) => ({ role, permissions: permissions.get(role.id) ?? [] }));
  }
}

interface EffectiveRow {
  readonly role_id: string;
  readonly permissions: Grant[];
}

const EFFECTIVE = 'SELECT role_id, permissions FROM auth.effective_roles WHERE role_id = ANY($1)';
