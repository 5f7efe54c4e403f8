import { ApiProperty } from '@nestjs/swagger';
import type { ConnectorConnection } from '#contracts/tool-invocation/connectors/connector-connection';
import type { PageQuery } from '../rest/page.query.js';
import type { Connector } from './connector.entity.js';
import type { ConnectorPage } from './connector.repository.js';

const MOMENT = { type: String, format: 'date-time' } as const;

/** A connection that a connector has now. */
export class ConnectorConnectionView {
  @ApiProperty({ type: [String], example: ['build-db'], description: 'What is reached over it.' })
  upstreams!: readonly string[];

  @ApiProperty({ type: String, nullable: true, example: 'eu-1', description: 'Where the connector says that it is.' })
  zone!: string | null;

  @ApiProperty({
    type: Number,
    nullable: true,
    example: 12.5,
    description: 'To the connector and back, in milliseconds.',
  })
  latency_ms!: number | null;

  @ApiProperty({ ...MOMENT, description: 'Since when it is connected.' })
  since!: string;
}

/** A connector on record. Its token is shown once, by the answer that creates it. */
export class ConnectorView {
  @ApiProperty({ type: String, format: 'uuid' })
  id!: string;

  @ApiProperty({ type: String, example: 'office in Bern' })
  name!: string;

  @ApiProperty({ type: [String], example: ['build-db'], description: 'Names of the upstreams that it may serve.' })
  upstreams!: readonly string[];

  @ApiProperty({ type: String, format: 'email', example: 'ann@example.org' })
  created_by!: string;

  @ApiProperty(MOMENT)
  created_at!: Date;

  @ApiProperty(MOMENT)
  expires_at!: Date;

  @ApiProperty({ ...MOMENT, nullable: true, example: null })
  revoked_at!: Date | null;

  @ApiProperty({ ...MOMENT, nullable: true, example: null, description: 'When it last showed its token.' })
  last_joined_at!: Date | null;

  @ApiProperty({ type: Boolean, example: true, description: 'Neither revoked nor expired.' })
  is_active!: boolean;

  @ApiProperty({
    type: [ConnectorConnectionView],
    nullable: true,
    description: 'Those it has now; null: nobody can tell.',
  })
  connections!: readonly ConnectorConnectionView[] | null;
}

export class CreatedConnectorView {
  @ApiProperty({ type: ConnectorView })
  connector!: ConnectorView;

  @ApiProperty({
    type: String,
    example: 'swc_…',
    description: 'What the connector shows: `switchyard connector --token`.',
  })
  token!: string;
}

export class ConnectorPageView {
  @ApiProperty({ type: [ConnectorView] })
  connectors!: readonly ConnectorView[];

  @ApiProperty({ type: 'integer', example: 1, description: 'Connectors in all.' })
  total!: number;

  @ApiProperty({ type: 'integer', example: 50 })
  limit!: number;

  @ApiProperty({ type: 'integer', example: 0 })
  offset!: number;
}

/** Connections by the id of their connector; `null`: nobody can tell. */
type Connections = ReadonlyMap<string, readonly ConnectorConnection[]> | null;

export const connectorView = (connector: Connector, connections: Connections): ConnectorView => ({
  id: connector.id,
  name: connector.label,
  upstreams: connector.names,
  created_by: connector.createdBy,
  created_at: connector.createdAt,
  expires_at: connector.expiresAt,
  revoked_at: connector.revokedAt,
  last_joined_at: connector.lastJoinedAt,
  is_active: connector.revokedAt === null && connector.expiresAt > new Date(),
  connections:
    connections === null
      ? null
      : (connections.get(connector.id) ?? []).map(({ names, zone, latencyMs, since }) => ({
          upstreams: names,
          zone,
          latency_ms: latencyMs,
          since,
        })),
});

export const connectorPageView = (
  { connectors, total }: ConnectorPage,
  connections: Connections,
  { limit, offset }: PageQuery,
): ConnectorPageView => ({
  connectors: connectors.map((connector) => connectorView(connector, connections)),
  total,
  limit,
  offset,
});
