import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { Preview, ToolChange } from '#libs/openapi';

const COUNT = { type: 'integer' } as const;
const ANY_JSON = { type: 'object', additionalProperties: true } as const;

class SkippedView {
  @ApiProperty({ type: String, description: '`METHOD /path`' })
  readonly key!: string;

  @ApiProperty({ type: String })
  readonly reason!: string;
}

class PreviewTagView {
  @ApiProperty({ type: String })
  readonly name!: string;

  @ApiPropertyOptional({ type: String })
  readonly description?: string;

  @ApiProperty(COUNT)
  readonly tools!: number;
}

class PreviewToolView {
  @ApiProperty({ type: String, description: '`METHOD /path`' })
  readonly key!: string;

  @ApiProperty({ type: String, description: 'Without the prefix of the gateway.' })
  readonly name!: string;

  @ApiPropertyOptional({ type: String })
  readonly title?: string;

  @ApiProperty({ type: [String] })
  readonly tags!: readonly string[];

  @ApiProperty({ type: Boolean })
  readonly deprecated!: boolean;

  @ApiProperty({ ...COUNT, description: 'About so many tokens of a model.' })
  readonly tokens!: number;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'The server of this operation, where it is another: it starts disabled and is shown no credential.',
  })
  readonly otherOrigin!: string | null;

  @ApiProperty({ type: [String], description: 'What was mended or left out.' })
  readonly warnings!: readonly string[];
}

class ApiToolChangeView {
  @ApiProperty({ type: String, description: '`METHOD /path`' })
  readonly key!: string;

  @ApiProperty({ type: String })
  readonly name!: string;

  @ApiProperty({ enum: ['added', 'removed', 'breaking', 'compatible', 'text'] })
  readonly kind!: ToolChange['kind'];

  @ApiPropertyOptional({ type: [String] })
  readonly reasons?: readonly string[];
}

/** What an import would bring; nothing is stored. */
export class OpenApiPreviewView implements Preview {
  @ApiProperty({ enum: ['2.0', '3.0', '3.1', '3.2'] })
  readonly version!: string;

  @ApiProperty({ type: String })
  readonly title!: string;

  @ApiProperty({ type: String })
  readonly apiVersion!: string;

  @ApiProperty({ type: String, description: 'What paths are put behind.' })
  readonly baseUrl!: string;

  @ApiProperty({ type: 'array', items: ANY_JSON })
  readonly servers!: Preview['servers'];

  @ApiProperty({ ...ANY_JSON, description: 'By their names in the document.' })
  readonly securitySchemes!: Preview['securitySchemes'];

  @ApiProperty({ type: [PreviewTagView] })
  readonly tags!: readonly PreviewTagView[];

  @ApiProperty({ type: 'object', additionalProperties: COUNT })
  readonly methods!: Readonly<Record<string, number>>;

  @ApiProperty({ type: [PreviewToolView] })
  readonly tools!: readonly PreviewToolView[];

  @ApiProperty({ ...COUNT, description: 'Of all tools together, about.' })
  readonly tokens!: number;

  @ApiProperty({ type: [SkippedView], description: 'Operations that make no tool, and why.' })
  readonly skipped!: readonly SkippedView[];

  @ApiProperty({ type: [String] })
  readonly warnings!: readonly string[];

  @ApiPropertyOptional({ type: [ApiToolChangeView], description: 'With `gatewayId`: what would change there.' })
  readonly changes?: readonly ApiToolChangeView[];

  constructor(preview: Preview, changes?: readonly ToolChange[]) {
    Object.assign(this, preview, changes === undefined ? {} : { changes });
  }
}

export const PREVIEW_EXAMPLE: Preview = {
  version: '3.0',
  title: 'Notes',
  apiVersion: '1.2.0',
  baseUrl: 'https://notes.example.com/v1',
  servers: [],
  securitySchemes: {},
  tags: [{ name: 'notes', tools: 1 }],
  methods: { GET: 1 },
  tools: [
    {
      key: 'GET /notes/{id}',
      name: 'read_note',
      title: 'Read a note',
      tags: ['notes'],
      deprecated: false,
      tokens: 90,
      otherOrigin: null,
      warnings: [],
    },
  ],
  tokens: 90,
  skipped: [{ key: 'POST /notes/{id}/file', reason: 'takes multipart/form-data' }],
  warnings: [],
};

export { ApiToolChangeView };
