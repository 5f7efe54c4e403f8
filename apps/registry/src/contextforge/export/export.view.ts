import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsBoolean, IsIn, IsOptional } from 'class-validator';
import { NotSupported } from '#libs/service';
import { asBoolean } from '../../rest/list.query.js';
import { IsPlainText } from '../../rest/plain-text.decorator.js';

/** The lists of an export. Those that this gateway has nothing of are empty. */
export const EXPORT_TYPES = ['tools', 'gateways', 'servers', 'prompts', 'resources', 'roots'] as const;
export type ExportType = (typeof EXPORT_TYPES)[number];

/** A list of types with commas. */
const asTypes = ({ value }: { value: unknown }): unknown =>
  typeof value === 'string' ? value.split(',').map((type) => type.trim()) : value;

@NotSupported({ includeDependencies: true })
export class ExportQuery {
  @ApiPropertyOptional({ type: String, description: 'Types with commas; all when none is given.' })
  @IsOptional()
  @Transform(asTypes)
  @IsIn(EXPORT_TYPES, { each: true })
  types?: ExportType[];

  @ApiPropertyOptional({ type: String, description: 'Types with commas.' })
  @IsOptional()
  @Transform(asTypes)
  @IsIn(EXPORT_TYPES, { each: true })
  excludeTypes?: ExportType[];

  @ApiPropertyOptional({ description: 'Tags: a comma means or, a plus means and.' })
  @IsOptional()
  @IsPlainText(1_000)
  tags?: string;

  @ApiPropertyOptional({ description: 'Also what is disabled.' })
  @IsOptional()
  @Transform(asBoolean)
  @IsBoolean()
  includeInactive?: boolean;
}

class LeftOutView {
  @ApiProperty({ enum: EXPORT_TYPES })
  readonly type!: ExportType;

  @ApiProperty({ type: String })
  readonly name!: string;

  @ApiProperty({ type: String })
  readonly reason!: string;
}

const LISTS = { type: 'object', additionalProperties: { type: 'array', items: { type: 'object' } } } as const;
const ANY_JSON = { type: 'object', additionalProperties: true } as const;

class MetadataView {
  @ApiProperty({ type: 'object', additionalProperties: { type: 'integer' } })
  readonly entity_counts!: Readonly<Record<string, number>>;

  @ApiProperty({ ...ANY_JSON, description: 'What servers show, by the name of the server.' })
  readonly dependencies!: Readonly<Record<string, unknown>>;

  @ApiProperty(ANY_JSON)
  readonly export_options!: Readonly<Record<string, unknown>>;

  @ApiProperty({ type: [LeftOutView], description: 'What has no place in the form, or holds a secret, and why.' })
  readonly left_out!: readonly LeftOutView[];
}

/** In the form of ContextForge, and `left_out`. */
export class ExportView {
  @ApiProperty({ type: String })
  readonly version!: string;

  @ApiProperty({ type: Date })
  readonly exported_at!: Date;

  @ApiProperty({ type: String })
  readonly exported_by!: string;

  @ApiProperty({
    enum: ['none', 'scrypt, AES-256-GCM'],
    description: 'How the credentials are sealed; none: none is in it.',
  })
  readonly encryption_method!: 'none' | 'scrypt, AES-256-GCM';

  @ApiProperty(LISTS)
  readonly entities!: Readonly<Partial<Record<ExportType, readonly object[]>>>;

  @ApiProperty({ type: MetadataView })
  readonly metadata!: MetadataView;
}

export const EXPORT_EXAMPLE: ExportView = {
  version: '2025-11-25',
  exported_at: new Date('2026-07-28T09:00:00.000Z'),
  exported_by: 'admin@example.com',
  encryption_method: 'none',
  entities: {
    gateways: [{ name: 'Weather', url: 'https://weather.example/mcp', transport: 'STREAMABLEHTTP', is_active: true }],
    servers: [{ name: 'Travel', tool_ids: ['weather-forecast'], is_active: true }],
  },
  metadata: {
    entity_counts: { gateways: 1, servers: 1 },
    dependencies: {
      servers_to_tools: { Travel: ['weather-forecast'] },
      servers_to_resources: {},
      servers_to_prompts: {},
    },
    export_options: { include_inactive: false, include_dependencies: true, selected_types: null, filter_tags: [] },
    left_out: [
      { type: 'gateways', name: 'Weather', reason: 'its credential is left out: give it where it is imported' },
    ],
  },
};
