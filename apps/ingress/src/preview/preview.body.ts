import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsObject, IsOptional, IsString, MaxLength } from 'class-validator';

/** The arguments that a call would have. */
export class PreviewToolBody {
  @ApiPropertyOptional({ type: 'object', additionalProperties: true, nullable: true, example: { city: 'Oslo' } })
  @IsOptional()
  @IsObject()
  arguments?: Readonly<Record<string, unknown>> | null;
}

/** Where the call would be made; also understood in snake_case. */
export class PreviewToolQuery {
  @ApiPropertyOptional({
    type: String,
    description: 'A virtual server; without it everything that the caller may see.',
  })
  @IsOptional()
  @IsString()
  @MaxLength(64)
  serverId?: string;
}
