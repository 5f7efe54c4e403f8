import { Column, Entity, PrimaryColumn } from 'typeorm';

/** That a user wants to join a public team. Once it is decided there is no row. */
@Entity({ schema: 'auth', name: 'join_requests' })
export class JoinRequest {
  @PrimaryColumn('uuid', { default: () => 'gen_random_uuid()' })
  id!: string;

  @Column('text')
  teamId!: string;

  @Column('text')
  userEmail!: string;

  @Column('text', { nullable: true })
  message!: string | null;

  @Column('timestamptz', { default: () => 'now()' })
  requestedAt!: Date;

  @Column('timestamptz')
  expiresAt!: Date;
}
