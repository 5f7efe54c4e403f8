import { ApiProperty } from '@nestjs/swagger';
import { IsString, MaxLength } from 'class-validator';

/** The token that is handed over. */
export class HandOverBody {
  @ApiProperty({ type: String, maxLength: 16_384, description: 'Its value, as it was shown when it was made.' })
  @IsString()
  @MaxLength(16_384)
  token!: string;
}

/** How somebody takes it. */
export class TakeTokenBody {
  @ApiProperty({ type: String, maxLength: 32_768, description: 'What the link has after `code=`.' })
  @IsString()
  @MaxLength(32_768)
  code!: string;
}
