import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Who may find a team: its members, or everybody, who may then ask to join. */
export const TEAM_VISIBILITIES = ['private', 'public'] as const;
export type TeamVisibility = (typeof TEAM_VISIBILITIES)[number];

/** A team, or the trace of one that was deleted: its id fits no other. */
@Entity({ schema: 'auth', name: 'teams' })
export class Team {
  @PrimaryColumn('text')
  id!: string;

  @Column('text')
  name!: string;

  @Column('text')
  slug!: string;

  @Column('text', { nullable: true })
  description!: string | null;

  /** Of one user alone, for as long as they are here. */
  @Column('boolean', { default: false })
  isPersonal!: boolean;

  @Column('text', { default: 'private' })
  visibility!: TeamVisibility;

  /** `null`: as many as `MAX_MEMBERS_PER_TEAM` says. */
  @Column('integer', { nullable: true })
  maxMembers!: number | null;

  @Column('text')
  createdBy!: string;

  @Column('timestamptz', { default: () => 'now()' })
  createdAt!: Date;

  @Column('timestamptz', { default: () => 'now()' })
  updatedAt!: Date;

  @Column('timestamptz', { nullable: true })
  deletedAt!: Date | null;
}
