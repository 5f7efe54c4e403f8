import { ApiPropertyOptional, OmitType } from '@nestjs/swagger';
import { ArrayMaxSize, IsArray, IsObject, IsOptional } from 'class-validator';
import { IsPlainText } from '../../rest/plain-text.decorator.js';
import { EXPORT_TYPES, ExportQuery } from './export.view.js';

/** Shorter ones are tried out faster than scrypt is slow. */
export const PASSPHRASE_CHARS_MIN = 12;

/** What of the gateway is wanted, and whether with its secrets. */
export class ExportBody extends OmitType(ExportQuery, [] as const) {
  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: { type: 'array', items: { type: 'string' } },
    description: `By type (${EXPORT_TYPES.join(', ')}) the names or ids that are wanted; an empty list: all of the type.`,
  })
  @IsOptional()
  @IsObject()
  selectedEntities?: Record<string, unknown>;

  @ApiPropertyOptional({
    writeOnly: true,
    minLength: PASSPHRASE_CHARS_MIN,
    description:
      'Takes the credentials along, sealed with it (scrypt, AES-256-GCM), for `POST /import` with the same passphrase. Needs `admin.system_config` besides. Not kept.',
  })
  @IsOptional()
  @IsPlainText(1_024, { lengthMin: PASSPHRASE_CHARS_MIN })
  passphrase?: string;
}

const IsSelected = (): PropertyDecorator => (target, key) => {
  for (const decorate of [
    ApiPropertyOptional({ type: [String], maxItems: 1_000 }),
    IsOptional(),
    IsArray(),
    ArrayMaxSize(1_000),
    IsPlainText(2_048, { each: true, lengthMin: 1 }),
  ])
    decorate(target, key as string);
};

/** Names or ids by type, as ContextForge takes them. */
export class SelectiveExportBody {
  @IsSelected()
  tools?: string[];

  @IsSelected()
  gateways?: string[];

  @IsSelected()
  servers?: string[];

  @IsSelected()
  prompts?: string[];

  @IsSelected()
  resources?: string[];
}
