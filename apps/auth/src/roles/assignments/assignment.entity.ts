import { Column, Entity, PrimaryColumn } from 'typeorm';

/** That a user has a role. */
@Entity({ schema: 'auth', name: 'role_assignments' })
export class Assignment {
  @PrimaryColumn('uuid', { default: () => 'gen_random_uuid()' })
  id!: string;

  @Column('text')
  userEmail!: string;

  @Column('text')
  roleId!: string;

  /** Of a role in a team. */
  @Column('text', { nullable: true })
  teamId!: string | null;

  @Column('text')
  grantedBy!: string;

  @Column('timestamptz', { default: () => 'now()' })
  grantedAt!: Date;

  @Column('timestamptz', { nullable: true })
  expiresAt!: Date | null;
}
