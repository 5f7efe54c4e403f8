import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A link by which somebody may set a new password, once. */
@Entity({ schema: 'auth', name: 'password_resets' })
export class PasswordReset {
  /** SHA-256 of its secret, hex. */
  @PrimaryColumn('text')
  tokenHash!: string;

  @Column('text')
  userEmail!: string;

  @Column('timestamptz', { default: () => 'now()' })
  createdAt!: Date;

  @Column('timestamptz')
  expiresAt!: Date;

  @Column('timestamptz', { nullable: true })
  usedAt!: Date | null;
}
