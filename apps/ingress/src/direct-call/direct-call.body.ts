import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsObject, IsOptional, IsString, MaxLength } from 'class-validator';
import { ToolArgumentsBody } from '../call/index.js';

/** The call of a tool: the first time, or again with what it asked for. */
export class CallToolBody extends ToolArgumentsBody {
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

  @ApiPropertyOptional({
    type: Boolean,
    description: 'Whether the upstream is told that MCP Apps are shown here, as a client declares it.',
  })
  @IsOptional()
  @IsBoolean()
  showsApps?: boolean;
}
