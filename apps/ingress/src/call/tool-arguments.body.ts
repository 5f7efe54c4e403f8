import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsObject, IsOptional, IsString, MaxLength } from 'class-validator';

/** What a tool is called with by REST. */
export class ToolArgumentsBody {
  @ApiPropertyOptional({ type: 'object', additionalProperties: true, nullable: true, example: { city: 'Oslo' } })
  @IsOptional()
  @IsObject()
  arguments?: Readonly<Record<string, unknown>> | null;
}

/** Where a tool is called; also understood in snake_case. */
export class ToolPlaceQuery {
  @ApiPropertyOptional({
    type: String,
    description: 'A virtual server; without it everything that the caller may see.',
  })
  @IsOptional()
  @IsString()
  @MaxLength(64)
  serverId?: string;
}
