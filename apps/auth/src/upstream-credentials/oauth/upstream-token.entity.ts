import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Why no token could be got. */
export interface TokenFailure {
  readonly code: string;
  readonly message: string;
  /** Of a token that was to be exchanged: another sign-in of its caller helps. */
  readonly needsReauth?: boolean;
  /** The client that the authorization server does not know: whoever consents anew is sent on by another. */
  readonly unknownClientId?: string;
}

/** The access token of an upstream, or how the last attempt to get one ended. */
@Entity({ schema: 'auth', name: 'upstream_tokens' })
export class UpstreamTokenRow {
  @PrimaryColumn('text')
  upstreamId!: string;

  /** Whose own it is; empty: it is shown for all callers. */
  @PrimaryColumn('text')
  userEmail!: string;

  /** What it was exchanged for, by `Subject.key`; empty: it was not exchanged. */
  @PrimaryColumn('text')
  subject!: string;

  /** The `jti` of the token that it was exchanged for, and when that ends. */
  @Column('text', { nullable: true })
  subjectTokenId!: string | null;

  @Column('timestamptz', { nullable: true })
  subjectEndsAt!: Date | null;

  /** Of the credential that it was asked for with. */
  @Column('uuid')
  credentialVersion!: string;

  /** Null: there is none. */
  @Column('uuid', { nullable: true })
  tokenId!: string | null;

  /** Encrypted; null where it lies in a vault. */
  @Column('text', { nullable: true })
  keyId!: string | null;

  @Column('bytea', { nullable: true })
  sealed!: Buffer | null;

  @Column('timestamptz', { nullable: true })
  obtainedAt!: Date | null;

  /** Null: its end is not known. */
  @Column('timestamptz', { nullable: true })
  expiresAt!: Date | null;

  @Column('jsonb', { nullable: true })
  failure!: TokenFailure | null;

  @Column('timestamptz', { nullable: true })
  failedAt!: Date | null;

  /** Grows with each attempt that has ended, so that whoever waits for one sees it. */
  @Column('integer')
  attempts!: number;

  /** Who asks for a token now, and until when nobody else does. */
  @Column('uuid', { nullable: true })
  leaseId!: string | null;

  @Column('timestamptz', { nullable: true })
  leasedUntil!: Date | null;
}
