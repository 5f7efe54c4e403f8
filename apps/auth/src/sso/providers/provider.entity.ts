import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Preset } from './presets.js';
import type { Endpoints, SignInRule, SsoProvider } from './sso-provider.js';

/** A provider that an administrator made. Its secret lies, encrypted, among the credentials. */
@Entity({ schema: 'auth', name: 'sso_providers' })
export class SsoProviderRow implements SsoProvider {
  @PrimaryColumn('text')
  id!: string;

  @Column('text')
  preset!: Preset;

  @Column('text')
  name!: string;

  @Column('text')
  displayName!: string;

  @Column('text', { nullable: true })
  issuer!: string | null;

  @Column('jsonb')
  endpoints!: Endpoints;

  @Column('text')
  clientId!: string;

  @Column('text', { array: true })
  scopes!: string[];

  @Column('text', { array: true })
  domains!: string[];

  @Column('text', { array: true })
  tenants!: string[];

  @Column('boolean')
  createsUsers!: boolean;

  @Column('boolean')
  linksAccounts!: boolean;

  /** With the ids of teams. */
  @Column('jsonb')
  rules!: SignInRule[];

  @Column('boolean')
  isEnabled!: boolean;

  @Column('timestamptz', { default: () => 'now()' })
  createdAt!: Date;

  @Column('timestamptz', { default: () => 'now()' })
  updatedAt!: Date;
}
