import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsObject, IsOptional, IsString, MaxLength } from 'class-validator';

/** The call of a tool: the first time, or again with what it asked for. */
export class CallToolBody {
  @ApiPropertyOptional({ type: 'object', additionalProperties: true, nullable: true, example: { city: 'Oslo' } })
  @IsOptional()
  @IsObject()
  arguments?: Readonly<Record<string, unknown>> | null;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: true,
    nullable: true,
    description: 'Answers to `inputRequests` of the result before, by their names.',
  })
  @IsOptional()
  @IsObject()
  inputResponses?: Readonly<Record<string, unknown>> | null;

  @ApiPropertyOptional({ type: String, nullable: true, description: '`requestState` of the result before.' })
  @IsOptional()
  @IsString()
  @MaxLength(262_144)
  requestState?: string | null;
}

/** Where the call is made; also understood in snake_case. */
export class CallToolQuery {
  @ApiPropertyOptional({
    type: String,
    description: 'A virtual server; without it everything that the caller may see.',
  })
  @IsOptional()
  @IsString()
  @MaxLength(64)
  serverId?: string;
}
