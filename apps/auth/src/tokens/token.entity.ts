import type { TimeRestrictions } from '../jwt/token-conditions.js';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A request of the API, a log-in, a consent, a client without a user, the command line, or the start of a gateway that is one process. */
export type TokenMaker = 'request' | 'login' | 'consent' | 'client' | 'command' | 'start';

/** What is kept of a token: enough to recognise it, not to make it. */
@Entity({ schema: 'auth', name: 'api_tokens' })
export class Token {
  @PrimaryColumn('uuid')
  id!: string;

  /** The token's `jti`. */
  @Column('text', { unique: true })
  tokenId!: string;

  /** SHA-256 of the token, hex; of a consent or client, which gives one token after the other, empty. */
  @Column('text')
  tokenHash!: string;

  @Column('text')
  userEmail!: string;

  @Column('text')
  name!: string;

  @Column('text', { nullable: true })
  description!: string | null;

  @Column('text', { nullable: true })
  serverId!: string | null;

  @Column('text', { array: true, default: '{}' })
  permissions!: string[];

  /** Addresses and networks that it is good from; empty: everywhere. */
  @Column('text', { array: true, default: '{}' })
  ipRestrictions!: string[];

  @Column('jsonb', { nullable: true })
  timeRestrictions!: TimeRestrictions | null;

  /** The one team that it is for. */
  @Column('text', { nullable: true })
  teamId!: string | null;

  @Column('text', { array: true, default: '{}' })
  tags!: string[];

  @Column('text', { default: 'request' })
  madeBy!: TokenMaker;

  /** Who made it for its user; absent: they did so themselves. */
  @Column('text', { nullable: true })
  createdBy!: string | null;

  /** Good for nothing until its user accepts it. */
  @Column('boolean', { default: false })
  isOffered!: boolean;

  /** Its user has accepted it. */
  @Column('boolean', { default: false })
  isAccepted!: boolean;

  /** The `jti` of the token that asked for it, which ends it when it is revoked. */
  @Column('text', { nullable: true })
  parentTokenId!: string | null;

  /** The issuer at which its user signed in for it; absent: they did so here. */
  @Column('text', { nullable: true })
  originIssuer!: string | null;

  @Column('text', { nullable: true })
  originSubject!: string | null;

  @Column('text', { nullable: true })
  originSession!: string | null;

  @Column('timestamptz')
  expiresAt!: Date;

  @Column('timestamptz', { default: () => 'now()' })
  createdAt!: Date;

  @Column('timestamptz', { nullable: true })
  lastUsedAt!: Date | null;

  @Column('timestamptz', { nullable: true })
  revokedAt!: Date | null;
}
