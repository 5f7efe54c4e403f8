import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import { IsUrlText } from '../../rest/plain-text.decorator.js';

const VERSIONS = ['1.0', '0.3'] as const;

/** An A2A agent, and how it is spoken to. */
export class A2aBody {
  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description:
      'Where messages go, with the credential. Needed where the card leads to another origin than `url`, or there is no card. Default: as the card says.',
  })
  @IsOptional()
  @IsUrlText({ lengthMin: 1 })
  endpoint?: string | null;

  @ApiPropertyOptional({
    enum: VERSIONS,
    nullable: true,
    description: 'The version of A2A to speak. Default: the newest that the card has; 1.0 where there is no card.',
  })
  @IsOptional()
  @IsIn(VERSIONS)
  protocolVersion?: (typeof VERSIONS)[number] | null;
}
