import { ApiProperty } from '@nestjs/swagger';
import type { ListedProvider } from './provider.service.js';
import { PRESETS, type Preset } from './presets.js';
import { type SsoProvider, describedRule } from './sso-provider.js';

/** A provider for whoever has not signed in yet. */
export class OfferedProviderView {
  @ApiProperty({ type: String, example: 'okta' })
  id!: string;

  @ApiProperty({ type: String, example: 'okta' })
  name!: string;

  @ApiProperty({ type: String, example: 'Okta', description: 'On the button.' })
  display_name!: string;
}

/** A provider for who administers them; its secret is shown to nobody. */
export class ProviderView extends OfferedProviderView {
  @ApiProperty({ enum: PRESETS })
  preset!: Preset;

  @ApiProperty({ enum: ['oidc', 'oauth2'] })
  provider_type!: 'oidc' | 'oauth2';

  @ApiProperty({ type: String, example: 'switchyard' })
  client_id!: string;

  @ApiProperty({ type: String, nullable: true, example: 'https://acme.okta.com' })
  issuer!: string | null;

  @ApiProperty({
    type: String,
    nullable: true,
    example: null,
    description: '`null`: as the metadata of the issuer says.',
  })
  authorization_url!: string | null;

  @ApiProperty({ type: String, nullable: true, example: null })
  token_url!: string | null;

  @ApiProperty({ type: String, nullable: true, example: null })
  userinfo_url!: string | null;

  @ApiProperty({ type: String, nullable: true, example: null })
  jwks_uri!: string | null;

  @ApiProperty({ type: String, example: 'openid profile email' })
  scope!: string;

  @ApiProperty({ type: [String], example: ['example.org'] })
  trusted_domains!: readonly string[];

  @ApiProperty({ type: [String], example: [] })
  tenants!: readonly string[];

  @ApiProperty({ type: Boolean, example: true })
  auto_create_users!: boolean;

  @ApiProperty({ type: Boolean, example: false })
  link_accounts!: boolean;

  @ApiProperty({ type: 'array', items: { type: 'object' }, example: [] })
  rules!: readonly object[];

  @ApiProperty({ type: Boolean, example: true })
  is_enabled!: boolean;

  @ApiProperty({
    enum: ['settings', 'api'],
    description: 'Where it is described; those of the settings are changed there.',
  })
  source!: 'settings' | 'api';

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  created_at!: Date | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  updated_at!: Date | null;
}

export const offeredProviderView = ({ id, name, displayName }: SsoProvider): OfferedProviderView => ({
  id,
  name,
  display_name: displayName,
});

export const providerView = ({ provider, row }: ListedProvider): ProviderView => ({
  id: provider.id,
  name: provider.name,
  display_name: provider.displayName,
  preset: provider.preset,
  provider_type: provider.issuer === null ? 'oauth2' : 'oidc',
  client_id: provider.clientId,
  issuer: provider.issuer,
  authorization_url: provider.endpoints.authorization,
  token_url: provider.endpoints.token,
  userinfo_url: provider.endpoints.userinfo,
  jwks_uri: provider.endpoints.jwks,
  scope: provider.scopes.join(' '),
  trusted_domains: provider.domains,
  tenants: provider.tenants,
  auto_create_users: provider.createsUsers,
  link_accounts: provider.linksAccounts,
  rules: provider.rules.map(describedRule),
  is_enabled: provider.isEnabled,
  source: row === null ? 'settings' : 'api',
  created_at: row?.createdAt ?? null,
  updated_at: row?.updatedAt ?? null,
});
