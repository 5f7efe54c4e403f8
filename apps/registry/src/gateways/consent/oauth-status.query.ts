import { ApiProperty } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { ArrayMaxSize, ArrayNotEmpty, IsArray, IsString, MaxLength } from 'class-validator';

const IDS_MAX = 100;

/** Which gateways; also understood in snake_case. */
export class OAuthStatusQuery {
  @ApiProperty({
    type: [String],
    maxItems: IDS_MAX,
    description: 'Ids of gateways, the parameter once for each. Those that the caller does not see are left out.',
  })
  @Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? [value] : value))
  @IsArray()
  @ArrayNotEmpty()
  @ArrayMaxSize(IDS_MAX)
  @IsString({ each: true })
  @MaxLength(64, { each: true })
  gatewayIds!: string[];
}
