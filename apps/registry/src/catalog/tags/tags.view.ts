import { ApiProperty } from '@nestjs/swagger';

/** What has tags, as ContextForge names the kinds. */
export const TAGGED_TYPES = ['tools', 'resources', 'prompts', 'servers', 'gateways'] as const;
export type TaggedType = (typeof TAGGED_TYPES)[number];

/** Something that has a tag. */
export class TaggedEntityView {
  @ApiProperty({ type: String })
  readonly id!: string;

  @ApiProperty({ type: String, description: 'Of a resource its URI, of a template the template.' })
  readonly name!: string;

  @ApiProperty({ enum: ['tool', 'resource', 'prompt', 'server', 'gateway'] })
  readonly type!: string;

  @ApiProperty({ type: String, nullable: true })
  readonly description!: string | null;
}

/** How much of each kind has a tag. */
class TagStatsView implements Record<TaggedType | 'total', number> {
  @ApiProperty({ type: 'integer' })
  readonly tools!: number;

  @ApiProperty({ type: 'integer', description: 'And resource templates.' })
  readonly resources!: number;

  @ApiProperty({ type: 'integer' })
  readonly prompts!: number;

  @ApiProperty({ type: 'integer' })
  readonly servers!: number;

  @ApiProperty({ type: 'integer' })
  readonly gateways!: number;

  @ApiProperty({ type: 'integer' })
  readonly total!: number;
}

export class TagView {
  @ApiProperty({ type: String })
  readonly name!: string;

  @ApiProperty({ type: TagStatsView })
  readonly stats!: TagStatsView;

  @ApiProperty({ type: [TaggedEntityView], description: 'Empty unless they are asked for.' })
  readonly entities!: readonly TaggedEntityView[];
}

export const ENTITY_EXAMPLE: TaggedEntityView = {
  id: '6f1d2f0a4c7b4e0f9b5f0a3c2d1e4f5a',
  name: 'weather-forecast',
  type: 'tool',
  description: 'Tells the weather of the next days.',
};

export const TAG_EXAMPLE: TagView = {
  name: 'forecast',
  stats: { tools: 1, resources: 0, prompts: 0, servers: 0, gateways: 0, total: 1 },
  entities: [],
};
