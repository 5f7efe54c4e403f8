import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Whom an issuer knows as whom: its subject, and the user here. */
@Entity({ schema: 'auth', name: 'sso_identities' })
export class SsoIdentity {
  @PrimaryColumn('text')
  issuer!: string;

  @PrimaryColumn('text')
  subject!: string;

  @Column('text')
  userEmail!: string;

  @Column('timestamptz', { default: () => 'now()' })
  createdAt!: Date;
}
