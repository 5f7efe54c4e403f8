import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What is presented to an upstream, encrypted. */
@Entity({ schema: 'auth', name: 'upstream_credentials' })
export class UpstreamCredentialRow {
  @PrimaryColumn('text')
  upstreamId!: string;

  @Column('text')
  keyId!: string;

  @Column('bytea')
  sealed!: Buffer;

  @Column('uuid')
  version!: string;

  @Column('timestamptz', { default: () => 'now()' })
  updatedAt!: Date;
}
