import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { VISIBILITIES, type Visibility } from '#contracts/registry/catalog';
import type { GatewayView } from '../gateway.view.js';

const OPTIONAL_TEXT = { type: String, nullable: true } as const;

/** A gateway that is an A2A agent, as ContextForge shows agents. `/gateways/{id}` shows all of it. */
export class AgentView {
  @ApiProperty({ type: String })
  readonly id: string;

  @ApiProperty({ type: String })
  readonly name: string;

  @ApiProperty({ type: String })
  readonly slug: string;

  @ApiProperty(OPTIONAL_TEXT)
  readonly description: string | null;

  @ApiProperty({ ...OPTIONAL_TEXT, description: 'Where it takes messages; to who may not change it, its origin.' })
  readonly endpointUrl: string | null;

  @ApiProperty({ enum: ['jsonrpc'] })
  readonly agentType = 'jsonrpc';

  @ApiProperty({
    ...OPTIONAL_TEXT,
    description: 'Null where its card has never been read, and for who may not change it.',
  })
  readonly protocolVersion: string | null;

  @ApiProperty({ type: 'object', additionalProperties: true })
  readonly capabilities: { readonly streaming?: boolean };

  @ApiPropertyOptional({ type: String, description: 'Only for those who may change it.' })
  readonly authType?: string;

  @ApiProperty({ type: [String], nullable: true })
  readonly passthroughHeaders: readonly string[] | null;

  @ApiProperty({ type: Boolean })
  readonly enabled: boolean;

  @ApiProperty({ type: Boolean })
  readonly reachable: boolean;

  @ApiProperty({ type: [String] })
  readonly tags: readonly string[];

  @ApiProperty({ enum: VISIBILITIES })
  readonly visibility: Visibility;

  @ApiProperty(OPTIONAL_TEXT)
  readonly teamId: string | null;

  @ApiProperty(OPTIONAL_TEXT)
  readonly ownerEmail: string | null;

  @ApiProperty({ type: Date })
  readonly createdAt: Date;

  @ApiProperty({ type: Date })
  readonly updatedAt: Date;

  constructor(gateway: GatewayView) {
    const { agent } = gateway;
    this.id = gateway.id;
    this.name = gateway.name;
    this.slug = gateway.slug;
    this.description = gateway.description;
    this.endpointUrl = agent?.url ?? gateway.url;
    this.protocolVersion = agent?.version ?? null;
    this.capabilities = agent === null || agent === undefined ? {} : { streaming: agent.isStreaming };
    if (gateway.authType !== undefined) this.authType = gateway.authType;
    this.passthroughHeaders = gateway.passthroughHeaders;
    this.enabled = gateway.enabled;
    this.reachable = gateway.reachable;
    this.tags = gateway.tags;
    this.visibility = gateway.visibility;
    this.teamId = gateway.teamId;
    this.ownerEmail = gateway.ownerEmail;
    this.createdAt = gateway.createdAt;
    this.updatedAt = gateway.updatedAt;
  }
}

export const AGENT_EXAMPLE: AgentView = {
  id: '3f9e8d7b6a5f4e3d2c1b0a9f8e7d6c5b',
  name: 'Bakery',
  slug: 'bakery',
  description: null,
  endpointUrl: 'https://bakery.example/a2a',
  agentType: 'jsonrpc',
  protocolVersion: '1.0',
  capabilities: { streaming: true },
  authType: 'bearer',
  passthroughHeaders: null,
  enabled: true,
  reachable: true,
  tags: [],
  visibility: 'public',
  teamId: null,
  ownerEmail: 'admin@example.com',
  createdAt: new Date('2026-07-28T09:00:00.000Z'),
  updatedAt: new Date('2026-07-28T09:00:00.000Z'),
};
