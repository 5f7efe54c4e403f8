import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A place outside that may join the gateway, by one token, to serve upstreams of these names. */
@Entity({ schema: 'auth', name: 'connectors' })
export class Connector {
  @PrimaryColumn('uuid')
  id!: string;

  /** What people call it. */
  @Column('text')
  label!: string;

  /** Of the upstreams that it may serve. */
  @Column('text', { array: true })
  names!: string[];

  /** SHA-256 of its token, hex. */
  @Column('text', { unique: true })
  tokenHash!: string;

  /** The address of whom it was made by. What they made by a log-in outlives them. */
  @Column('text')
  createdBy!: string;

  /** The `jti` of the token that asked for it, which ends it when it is revoked. */
  @Column('text', { nullable: true })
  parentTokenId!: string | null;

  @Column('timestamptz', { default: () => 'now()' })
  createdAt!: Date;

  @Column('timestamptz')
  expiresAt!: Date;

  @Column('timestamptz', { nullable: true })
  revokedAt!: Date | null;

  @Column('timestamptz', { nullable: true })
  lastJoinedAt!: Date | null;
}
