import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Grant } from '#contracts/auth/permission';

/** A role is for everything that its holder sees, or for what is kept for one team. */
export const ROLE_SCOPES = ['global', 'team'] as const;
export type RoleScope = (typeof ROLE_SCOPES)[number];

/** A name for permissions. */
@Entity({ schema: 'auth', name: 'roles' })
export class Role {
  @PrimaryColumn('text')
  id!: string;

  @Column('text')
  name!: string;

  @Column('text', { nullable: true })
  description!: string | null;

  @Column('text')
  scope!: RoleScope;

  /** Without those that it inherits. */
  @Column('text', { array: true })
  permissions!: Grant[];

  /** Id of a role whose permissions it has as well. */
  @Column('text', { nullable: true })
  inheritsFrom!: string | null;

  /** Comes with the gateway and cannot be changed. */
  @Column('boolean', { default: false })
  isSystemRole!: boolean;

  @Column('text')
  createdBy!: string;

  @Column('timestamptz', { default: () => 'now()' })
  createdAt!: Date;

  @Column('timestamptz', { default: () => 'now()' })
  updatedAt!: Date;
}
