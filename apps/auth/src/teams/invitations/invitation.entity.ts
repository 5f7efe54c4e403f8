import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { TeamRole } from '../members/member.entity.js';

/** That somebody may join a team. Its token is of use to the user of that address alone. */
@Entity({ schema: 'auth', name: 'invitations' })
export class Invitation {
  @PrimaryColumn('uuid', { default: () => 'gen_random_uuid()' })
  id!: string;

  @Column('text')
  teamId!: string;

  /** Lower case; there need not be such a user yet. */
  @Column('text')
  email!: string;

  @Column('text')
  role!: TeamRole;

  @Column('text')
  invitedBy!: string;

  @Column('timestamptz', { default: () => 'now()' })
  invitedAt!: Date;

  @Column('timestamptz')
  expiresAt!: Date;

  @Column('text')
  token!: string;
}
