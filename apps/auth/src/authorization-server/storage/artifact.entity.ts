import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What a sign-in leaves behind: a client that registered itself, a code, a refresh token, a consent, a page in progress. */
@Entity({ schema: 'auth', name: 'oauth_artifacts' })
export class Artifact {
  /** What it is, as `oidc-provider` calls it. */
  @PrimaryColumn('text')
  kind!: string;

  /** SHA-256 of what it is found by, hex: who reads the row cannot use it. */
  @PrimaryColumn('text')
  idHash!: string;

  /** Without what it is found by. */
  @Column('jsonb')
  payload!: Record<string, unknown>;

  /** The consent that it was given on. */
  @Column('text', { nullable: true })
  consentId!: string | null;

  @Column('text', { nullable: true })
  uid!: string | null;

  @Column('text', { nullable: true })
  userCode!: string | null;

  @Column('timestamptz', { nullable: true })
  consumedAt!: Date | null;

  @Column('timestamptz')
  expiresAt!: Date;
}
