import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsObject, IsOptional, ValidateIf, ValidateNested } from 'class-validator';
import { HasNoMarkup, NotSupported } from '#libs/service';
import { TEMPLATE_CHARS_MAX } from '#libs/templates';
import { type ArgumentBody, ArgumentList, CONTENT_CHARS_MAX, Title } from '../../entries/argument.body.js';
import { OwnedBody } from '../../rest/owned.body.js';
import { IsContent, IsPlainText } from '../../rest/plain-text.decorator.js';

const NOT_SUPPORTED = { displayName: null, extensionMetadata: null, gatewayId: null, ownerEmail: null };

/** A prompt that is kept here. */
@NotSupported({ ...NOT_SUPPORTED, customName: null })
export class OwnPromptBody extends OwnedBody {
  @ApiProperty({ description: 'What clients call it.' })
  @ValidateIf(({ prompt }: OwnPromptBody) => prompt === undefined)
  @IsPlainText(128, { lengthMin: 1 })
  @HasNoMarkup()
  name!: string;

  @Title()
  title?: string | null;

  @ApiProperty({
    description:
      'The part of Jinja that texts need: outputs with filters, comments, and if. A line "# Assistant:" or "# User:" begins a message.',
    maxLength: TEMPLATE_CHARS_MAX,
  })
  @ValidateIf(({ prompt }: OwnPromptBody) => prompt === undefined)
  @IsContent(TEMPLATE_CHARS_MAX)
  template!: string;

  @ArgumentList('A variable of the template that is not named here becomes an argument too.')
  arguments?: ArgumentBody[];

  @ApiPropertyOptional({ type: () => OwnPromptBody, description: 'All of this may also stand in here.' })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => OwnPromptBody)
  prompt?: OwnPromptBody;
}

/** A resource that is kept here, or a template of resources. */
@NotSupported(NOT_SUPPORTED)
export class OwnResourceBody extends OwnedBody {
  @ApiPropertyOptional({ type: String, nullable: true, description: 'Unique among those that are kept here.' })
  @IsOptional()
  @IsPlainText(2_048)
  uri?: string | null;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description:
      'In place of a URI: RFC 6570 with {name}, or {+name} which may hold slashes. Its variables fill the content.',
  })
  @IsOptional()
  @IsPlainText(2_048)
  uriTemplate?: string | null;

  @ApiProperty()
  @ValidateIf(({ resource }: OwnResourceBody) => resource === undefined)
  @IsPlainText(255, { lengthMin: 1 })
  @HasNoMarkup()
  name!: string;

  @Title()
  title?: string | null;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description: 'Default: text/plain, of bytes application/octet-stream.',
  })
  @IsOptional()
  @IsPlainText(255)
  mimeType?: string | null;

  @ApiPropertyOptional({ type: String, nullable: true, maxLength: CONTENT_CHARS_MAX, description: 'Text.' })
  @IsOptional()
  @IsContent(CONTENT_CHARS_MAX)
  content?: string | null;

  @ApiPropertyOptional({ type: String, nullable: true, maxLength: CONTENT_CHARS_MAX, description: 'Bytes, as base64.' })
  @IsOptional()
  @IsContent(CONTENT_CHARS_MAX)
  blob?: string | null;

  @ArgumentList('Of a uriTemplate: what completion offers for its variables.')
  arguments?: ArgumentBody[];

  @ApiPropertyOptional({ type: () => OwnResourceBody, description: 'All of this may also stand in here.' })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => OwnResourceBody)
  resource?: OwnResourceBody;
}
