import { ApiProperty } from '@nestjs/swagger';
import type { GatewayEntity } from '../gateways/gateway.entity.js';
import { GATEWAY_EXAMPLE } from '../gateways/gateway.example.js';
import { GatewayView } from '../gateways/gateway.view.js';
import { CATALOG_AUTH_TYPES, type CatalogAuthType, type KnownServer, wantsApiKey } from './known-server.js';

const OPTIONAL_TEXT = { type: String, nullable: true } as const;

/** A server of the catalog, and what this gateway knows of it; spelt as ContextForge does. */
export class KnownServerView {
  @ApiProperty({ type: String })
  readonly id: string;

  @ApiProperty({ type: String })
  readonly name: string;

  @ApiProperty({ type: String })
  readonly category: string;

  @ApiProperty({ type: String })
  readonly url: string;

  @ApiProperty({ enum: CATALOG_AUTH_TYPES })
  readonly auth_type: CatalogAuthType;

  @ApiProperty({ type: String })
  readonly provider: string;

  @ApiProperty({ type: String })
  readonly description: string;

  @ApiProperty({ type: Boolean, description: 'Whether it is registered with an API key.' })
  readonly requires_api_key: boolean;

  @ApiProperty({ type: Boolean })
  readonly secure: boolean;

  @ApiProperty({ type: [String] })
  readonly tags: readonly string[];

  @ApiProperty({ enum: ['STREAMABLEHTTP', 'SSE'], nullable: true })
  readonly transport: 'STREAMABLEHTTP' | 'SSE' | null;

  @ApiProperty(OPTIONAL_TEXT)
  readonly logo_url: string | null;

  @ApiProperty(OPTIONAL_TEXT)
  readonly documentation_url: string | null;

  @ApiProperty({ type: Boolean, description: 'Whether a gateway that you may see has its URL.' })
  readonly is_registered: boolean;

  @ApiProperty({ type: [String], description: 'The ids of those gateways.' })
  readonly gateway_ids: readonly string[];

  @ApiProperty({
    type: Boolean,
    nullable: true,
    description: 'Whether it answered when it was last asked, where it is registered. Null: it has not been asked.',
  })
  readonly is_available: boolean | null;

  constructor(server: KnownServer, gateways: readonly GatewayEntity[]) {
    this.id = server.id;
    this.name = server.name;
    this.category = server.category;
    this.url = server.url;
    this.auth_type = server.authType;
    this.provider = server.provider;
    this.description = server.description;
    this.requires_api_key = wantsApiKey(server);
    this.secure = server.secure ?? false;
    this.tags = server.tags ?? [];
    this.transport = server.transport ?? null;
    this.logo_url = server.logoUrl ?? null;
    this.documentation_url = server.documentationUrl ?? null;
    this.is_registered = gateways.length > 0;
    this.gateway_ids = gateways.map(({ id }) => id);
    this.is_available = gateways.length === 0 ? null : gateways.some(({ reachable }) => reachable);
  }
}

export class KnownServersView {
  @ApiProperty({ type: [KnownServerView] })
  readonly servers!: readonly KnownServerView[];

  @ApiProperty({ type: 'integer', description: 'How many fit the query, on all pages.' })
  readonly total!: number;

  @ApiProperty({ type: [String], description: 'Of the whole catalog, as those that follow.' })
  readonly categories!: readonly string[];

  @ApiProperty({ type: [String] })
  readonly auth_types!: readonly string[];

  @ApiProperty({ type: [String] })
  readonly providers!: readonly string[];

  @ApiProperty({ type: [String] })
  readonly all_tags!: readonly string[];

  @ApiProperty({ type: [String], description: 'What is wrong with the file; entries named here are left out.' })
  readonly problems!: readonly string[];
}

export class RegisteredKnownServerView {
  @ApiProperty({ enum: [true] })
  readonly success = true;

  @ApiProperty({ type: String, description: 'The id of the gateway.' })
  readonly server_id: string;

  @ApiProperty({ type: String })
  readonly message: string;

  @ApiProperty({ type: Boolean, description: 'Whether it offers nothing until somebody has consented there.' })
  readonly oauth_required: boolean;

  @ApiProperty({ type: GatewayView })
  readonly gateway: GatewayView;

  constructor(gateway: GatewayView) {
    this.server_id = gateway.id;
    this.oauth_required = gateway.lastError !== null;
    this.message = this.oauth_required
      ? `${gateway.name} is registered; it is listed once somebody has consented at /oauth/authorize/${gateway.id}`
      : `${gateway.name} is registered with ${gateway.toolCount} tools`;
    this.gateway = gateway;
  }
}

export class KnownServerStatusView {
  @ApiProperty({ type: String, description: 'The id in the catalog.' })
  readonly server_id!: string;

  @ApiProperty({ type: Boolean, description: 'Whether it answers; one that wants a credential does.' })
  readonly is_available!: boolean;

  @ApiProperty({ type: Boolean })
  readonly is_registered!: boolean;

  @ApiProperty({ type: Date, description: 'It is asked again after half a minute.' })
  readonly last_checked!: Date;

  @ApiProperty({ type: Number, nullable: true })
  readonly response_time_ms!: number | null;

  @ApiProperty({ type: 'integer', nullable: true, description: 'What it answered to a request without a credential.' })
  readonly http_status!: number | null;

  @ApiProperty({ type: String, nullable: true })
  readonly error!: string | null;
}

class FailedRegistrationView {
  @ApiProperty({ type: String })
  readonly server_id!: string;

  @ApiProperty({ type: String })
  readonly error!: string;
}

export class BulkRegisterView {
  @ApiProperty({ type: [String] })
  readonly successful!: readonly string[];

  @ApiProperty({ type: [FailedRegistrationView] })
  readonly failed!: readonly FailedRegistrationView[];

  @ApiProperty({ type: 'integer' })
  readonly total_attempted!: number;

  @ApiProperty({ type: 'integer' })
  readonly total_successful!: number;
}

export const KNOWN_SERVER_EXAMPLE: KnownServerView = {
  id: 'weather',
  name: 'Weather',
  category: 'Data',
  url: 'https://weather.example/mcp',
  auth_type: 'API Key',
  provider: 'Example',
  description: 'Forecasts',
  requires_api_key: true,
  secure: true,
  tags: ['forecast'],
  transport: null,
  logo_url: null,
  documentation_url: 'https://weather.example/docs',
  is_registered: true,
  gateway_ids: [GATEWAY_EXAMPLE.id],
  is_available: true,
};

export const KNOWN_SERVERS_EXAMPLE: KnownServersView = {
  servers: [KNOWN_SERVER_EXAMPLE],
  total: 1,
  categories: ['Data'],
  auth_types: ['API Key'],
  providers: ['Example'],
  all_tags: ['forecast'],
  problems: [],
};
