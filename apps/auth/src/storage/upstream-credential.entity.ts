import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What is presented to an upstream, encrypted. */
@Entity({ schema: 'auth', name: 'upstream_credentials' })
export class UpstreamCredentialRow {
  @PrimaryColumn('text', { name: 'upstream_id' })
  upstreamId!: string;

  @Column('text', { name: 'key_id' })
  keyId!: string;

  @Column('bytea')
  sealed!: Buffer;

  @Column('uuid')
  version!: string;

  @Column('timestamptz', { name: 'updated_at', default: () => 'now()' })
  updatedAt!: Date;
}
