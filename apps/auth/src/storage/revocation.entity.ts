import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A token that is not good although its signature and dates are. Kept until it would have expired anyway. */
@Entity({ schema: 'auth', name: 'revocations' })
export class Revocation {
  /** The token's `jti`. */
  @PrimaryColumn('text', { name: 'token_id' })
  tokenId!: string;

  @Column('text', { name: 'revoked_by' })
  revokedBy!: string;

  @Column('timestamptz', { name: 'revoked_at', default: () => 'now()' })
  revokedAt!: Date;

  @Column('timestamptz', { name: 'expires_at' })
  expiresAt!: Date;
}
