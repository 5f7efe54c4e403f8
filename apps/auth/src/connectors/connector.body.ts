import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsInt,
  IsOptional,
  IsString,
  Max,
  MaxLength,
  Min,
  MinLength,
  ValidateBy,
} from 'class-validator';
import { CONNECTOR_NAMES_MAX, CONNECTOR_NAME_RULE, isConnectorName } from '#libs/connector';
import { HasNoMarkup } from '#libs/service';

const LABEL_CHARS_MAX = 255;
const DAYS_MAX = 3_650;

const IsConnectorName = (): PropertyDecorator =>
  ValidateBy(
    {
      name: 'isConnectorName',
      validator: {
        validate: isConnectorName,
        defaultMessage: () => `each value in $property must be ${CONNECTOR_NAME_RULE}`,
      },
    },
    { each: true },
  );

/** A connector that is to be made. */
export class CreateConnectorBody {
  @ApiProperty({ type: String, minLength: 1, maxLength: LABEL_CHARS_MAX, example: 'office in Bern' })
  @IsString()
  @MinLength(1)
  @MaxLength(LABEL_CHARS_MAX)
  @HasNoMarkup()
  name!: string;

  @ApiProperty({
    type: [String],
    minItems: 1,
    maxItems: CONNECTOR_NAMES_MAX,
    example: ['build-db'],
    description: `Names of the upstreams that it may serve, registered as connector://NAME. Each: ${CONNECTOR_NAME_RULE}.`,
  })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(CONNECTOR_NAMES_MAX)
  @IsConnectorName()
  upstreams!: string[];

  @ApiPropertyOptional({ name: 'expires_in_days', type: 'integer', minimum: 1, maximum: DAYS_MAX, default: 90 })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(DAYS_MAX)
  expiresInDays?: number;
}
