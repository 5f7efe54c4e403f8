import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What is kept of a token a user asked for: enough to recognise it, not to make it. */
@Entity({ schema: 'auth', name: 'api_tokens' })
export class ApiToken {
  @PrimaryColumn('uuid')
  id!: string;

  /** The token's `jti`. */
  @Column('text', { name: 'token_id', unique: true })
  tokenId!: string;

  /** SHA-256 of the token, hex. */
  @Column('text', { name: 'token_hash' })
  tokenHash!: string;

  @Column('text', { name: 'user_email' })
  userEmail!: string;

  @Column('text')
  name!: string;

  @Column('text', { nullable: true })
  description!: string | null;

  @Column('text', { name: 'server_id', nullable: true })
  serverId!: string | null;

  @Column('text', { array: true, default: '{}' })
  permissions!: string[];

  @Column('timestamptz', { name: 'expires_at' })
  expiresAt!: Date;

  @Column('timestamptz', { name: 'created_at', default: () => 'now()' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'last_used_at', nullable: true })
  lastUsedAt!: Date | null;

  @Column('timestamptz', { name: 'revoked_at', nullable: true })
  revokedAt!: Date | null;
}
