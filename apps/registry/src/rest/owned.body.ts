import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import { VISIBILITIES, type Visibility } from '#contracts/registry/catalog';
import { IsPlainText, IsTags } from './plain-text.decorator.js';

/** Who may see what is made. */
export class SightBody {
  @ApiPropertyOptional({ enum: VISIBILITIES, description: 'By default as DEFAULT_VISIBILITY says.' })
  @IsOptional()
  @IsIn(VISIBILITIES)
  visibility?: Visibility;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description: 'One of your teams. Needed for the visibility `team`, unless the token reaches one team alone.',
  })
  @IsOptional()
  @IsPlainText(128)
  teamId?: string | null;
}

/** What is said of a gateway and of a virtual server alike. */
export class OwnedBody extends SightBody {
  @ApiPropertyOptional({ type: String, nullable: true })
  @IsOptional()
  @IsPlainText(8192)
  description?: string | null;

  @IsTags()
  tags?: string[];
}
