import { ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, IsArray, IsBoolean, IsObject, IsOptional, IsString, MaxLength } from 'class-validator';
import { ToolArgumentsBody } from '../call/index.js';

const REFUSALS_MAX = 100;

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

  @ApiPropertyOptional({
    type: [String],
    maxItems: REFUSALS_MAX,
    description:
      'Names of `inputRequests` of the result before that are refused. An upstream with a session gets the error for that; any other cannot be told, and the call fails with `mcp.input_unavailable`.',
  })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(REFUSALS_MAX)
  @IsString({ each: true })
  @MaxLength(256, { each: true })
  inputRefusals?: readonly string[];

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

  @ApiPropertyOptional({
    type: Boolean,
    description:
      'Whether the upstream is told that what it asks a model for is answered here (`sampling/createMessage` in `inputRequests`).',
  })
  @IsOptional()
  @IsBoolean()
  samples?: boolean;
}
