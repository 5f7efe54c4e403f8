import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A token that is not good although its signature and dates are. Kept until it would have expired anyway. */
@Entity({ schema: 'auth', name: 'revocations' })
export class Revocation {
  /** The token's `jti`. */
  @PrimaryColumn('text')
  tokenId!: string;

  @Column('text')
  revokedBy!: string;

  @Column('timestamptz', { default: () => 'now()' })
  revokedAt!: Date;

  @Column('timestamptz')
  expiresAt!: Date;
}
