import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsBoolean,
  IsOptional,
  Matches,
  ValidateNested,
} from 'class-validator';
import { SightBody } from '../rest/owned.body.js';
import { IsName, IsPlainText } from '../rest/plain-text.decorator.js';
import { KNOWN_SERVER_ID } from './known-server.js';

const BULK_MAX = 20;

class OAuthCredentialsBody {
  @ApiProperty({ type: String })
  @IsPlainText(1_024, { lengthMin: 1 })
  clientId!: string;

  @ApiPropertyOptional({ type: String, nullable: true, writeOnly: true, description: 'Kept encrypted.' })
  @IsOptional()
  @IsPlainText(4_096, { lengthMin: 1 })
  clientSecret?: string | null;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description: 'The authorization server that knows the client, as it names itself. Default: that of the entry.',
  })
  @IsOptional()
  @IsPlainText(2_048, { lengthMin: 1 })
  issuer?: string | null;
}

/** What whoever registers a server of the catalog says beside its entry. */
export class RegisterKnownServerBody extends SightBody {
  @ApiPropertyOptional({ type: String, nullable: true, description: 'Default: the name of its entry.' })
  @IsOptional()
  @IsName()
  name?: string | null;

  @ApiPropertyOptional({ type: String, nullable: true, description: 'Default: that of its entry.' })
  @IsOptional()
  @IsPlainText(8_192)
  description?: string | null;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    writeOnly: true,
    description: 'For an entry that wants one. Kept encrypted.',
  })
  @IsOptional()
  @IsPlainText(4_096, { lengthMin: 1 })
  apiKey?: string | null;

  @ApiPropertyOptional({
    type: OAuthCredentialsBody,
    nullable: true,
    description:
      'For an entry with OAuth, a client that was made there by hand. Default: this gateway is a client by itself.',
  })
  @IsOptional()
  @ValidateNested()
  @Type(() => OAuthCredentialsBody)
  oauthCredentials?: OAuthCredentialsBody | null;
}

/** Several that need nothing but to be chosen. */
export class BulkRegisterBody extends SightBody {
  @ApiProperty({ type: [String], maxItems: BULK_MAX })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(BULK_MAX)
  @ArrayUnique()
  @Matches(KNOWN_SERVER_ID, { each: true, message: 'each value of serverIds must be the id of an entry' })
  serverIds!: string[];

  @ApiPropertyOptional({ default: true, description: 'Whether to go on after one that fails.' })
  @IsOptional()
  @IsBoolean()
  skipErrors?: boolean;
}
