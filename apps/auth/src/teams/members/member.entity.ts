import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Owners change the team and say who is in it. */
export const TEAM_ROLES = ['owner', 'member'] as const;
export type TeamRole = (typeof TEAM_ROLES)[number];

/** That a user is in a team. */
@Entity({ schema: 'auth', name: 'team_members' })
export class Member {
  @PrimaryColumn('uuid', { default: () => 'gen_random_uuid()' })
  id!: string;

  @Column('text')
  teamId!: string;

  @Column('text')
  userEmail!: string;

  @Column('text')
  role!: TeamRole;

  @Column('text', { nullable: true })
  invitedBy!: string | null;

  @Column('timestamptz', { default: () => 'now()' })
  joinedAt!: Date;
}
