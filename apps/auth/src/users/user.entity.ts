import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A user, or the trace of one who was removed. */
@Entity({ schema: 'auth', name: 'users' })
export class User {
  /** Lower case. */
  @PrimaryColumn('text')
  email!: string;

  @Column('text', { nullable: true })
  fullName!: string | null;

  /** PHC string; absent: no log-in by password. */
  @Column('text', { nullable: true, select: false })
  passwordHash!: string | null;

  @Column('boolean', { default: false })
  isAdmin!: boolean;

  @Column('boolean', { default: true })
  isActive!: boolean;

  @Column('text', { default: 'local' })
  authProvider!: string;

  /** What the company's directory finds them by. */
  @Column('uuid', { default: () => 'gen_random_uuid()' })
  scimId!: string;

  /** What it calls them itself. */
  @Column('text', { nullable: true })
  externalId!: string | null;

  @Column('integer', { default: 0 })
  failedLoginCount!: number;

  @Column('timestamptz', { nullable: true })
  lockedUntil!: Date | null;

  /** Tokens issued before this are no longer good: the password was changed, or the user was disabled or removed since. */
  @Column('timestamptz', { nullable: true })
  credentialsNotBefore!: Date | null;

  @Column('timestamptz', { default: () => 'now()' })
  createdAt!: Date;

  /** A removed user stays as a row, so that tokens signed for them do not fit a namesake. */
  @Column('timestamptz', { nullable: true })
  deletedAt!: Date | null;
}
