import { Injectable } from '@nestjs/common';
import { DataSource, In, IsNull } from 'typeorm';
import { InjectDatabase, transact } from '#libs/storage';
import { Role } from '../role.entity.js';
import { Assignment } from './assignment.entity.js';

export type NewAssignment = Pick<Assignment, 'userEmail' | 'roleId' | 'teamId' | 'grantedBy' | 'expiresAt'>;

/** An assignment and the role that it is of. */
export interface RoleAssignment {
  readonly assignment: Assignment;
  readonly role: Role;
}

/** Of one user; more would make each of their admissions slow. */
const ASSIGNMENTS_MAX = 500;

/** The rows of `auth.role_assignments`. */
@Injectable()
export class AssignmentRepository {
  constructor(@InjectDatabase('auth') private readonly database: DataSource) {}

  /** A second one of the same role takes the place of the first, with its expiry. */
  add(asked: NewAssignment): Promise<Assignment | 'unknown_user' | 'no_member' | 'unknown_role' | 'too_many'> {
    const { userEmail, roleId, teamId } = asked;
    return transact(this.database, async (manager) => {
      const users: unknown[] = await manager.query(
        'SELECT email FROM auth.users WHERE email = $1 AND deleted_at IS NULL FOR UPDATE',
        [userEmail],
      );
      if (users.length === 0) return 'unknown_user';
      if (teamId !== null) {
        const members: unknown[] = await manager.query(
          'SELECT id FROM auth.team_members WHERE team_id = $1 AND user_email = $2 FOR SHARE',
          [teamId, userEmail],
        );
        if (members.length === 0) return 'no_member';
      }
      const roles: unknown[] = await manager.query('SELECT id FROM auth.roles WHERE id = $1 FOR SHARE', [roleId]);
      if (roles.length === 0) return 'unknown_role';
      const place = { userEmail, roleId, teamId: teamId ?? IsNull() };
      await manager.delete(Assignment, place);
      if ((await manager.countBy(Assignment, { userEmail })) >= ASSIGNMENTS_MAX) return 'too_many';
      await manager.insert(Assignment, asked);
      return manager.findOneByOrFail(Assignment, place);
    });
  }

  /** The oldest first; those that have expired only where asked for. */
  async list(userEmail: string, withExpired: boolean): Promise<RoleAssignment[]> {
    const query = this.database
      .getRepository(Assignment)
      .createQueryBuilder('assignment')
      .where('assignment.user_email = :userEmail', { userEmail })
      .orderBy('assignment.granted_at')
      .addOrderBy('assignment.id');
    if (!withExpired) query.andWhere('(assignment.expires_at IS NULL OR assignment.expires_at > now())');
    const assignments = await query.getMany();
    const roles = new Map((await this.database.getRepository(Role).find()).map((role) => [role.id, role]));
    return assignments.flatMap((assignment) => {
      const role = roles.get(assignment.roleId);
      return role === undefined ? [] : [{ assignment, role }];
    });
  }

  /** All of them or none. */
  async remove(ids: readonly string[]): Promise<void> {
    await this.database.getRepository(Assignment).delete({ id: In([...ids]) });
  }
}
