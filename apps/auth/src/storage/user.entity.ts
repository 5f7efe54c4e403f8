import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity({ schema: 'auth', name: 'users' })
export class User {
  /** Lower case. */
  @PrimaryColumn('text')
  email!: string;

  @Column('text', { name: 'full_name', nullable: true })
  fullName!: string | null;

  /** PHC string; absent: no log-in by password. */
  @Column('text', { name: 'password_hash', nullable: true, select: false })
  passwordHash!: string | null;

  @Column('boolean', { name: 'is_admin', default: false })
  isAdmin!: boolean;

  @Column('boolean', { name: 'is_active', default: true })
  isActive!: boolean;

  @Column('text', { name: 'auth_provider', default: 'local' })
  authProvider!: string;

  @Column('integer', { name: 'failed_login_count', default: 0 })
  failedLoginCount!: number;

  @Column('timestamptz', { name: 'locked_until', nullable: true })
  lockedUntil!: Date | null;

  /** Tokens issued before this are no longer good: the password was changed, or the user is a new one by an old name. */
  @Column('timestamptz', { name: 'credentials_not_before', nullable: true })
  credentialsNotBefore!: Date | null;

  @Column('timestamptz', { name: 'created_at', default: () => 'now()' })
  createdAt!: Date;

  /** A removed user stays as a row, so that tokens signed for them do not fit a namesake. */
  @Column('timestamptz', { name: 'deleted_at', nullable: true })
  deletedAt!: Date | null;
}
