import { ApiProperty } from '@nestjs/swagger';

const ANY_JSON = { type: 'object', additionalProperties: true } as const;

/** What `POST /tools/generate-schemas-from-openapi` answers, as ContextForge spells it. */
export class GeneratedSchemasView {
  @ApiProperty({ type: String })
  readonly message!: string;

  @ApiProperty({ type: Boolean, enum: [true] })
  readonly success!: true;

  @ApiProperty(ANY_JSON)
  readonly input_schema!: Record<string, unknown>;

  @ApiProperty({ ...ANY_JSON, nullable: true })
  readonly output_schema!: Record<string, unknown> | null;

  @ApiProperty({ type: String, format: 'uri' })
  readonly spec_url!: string;
}

export const GENERATED_SCHEMAS_EXAMPLE: GeneratedSchemasView = {
  message: 'Schemas generated from the OpenAPI document',
  success: true,
  input_schema: { type: 'object', properties: { id: { type: 'string' } }, required: ['id'] },
  output_schema: null,
  spec_url: 'https://api.example.com/openapi.json',
};
