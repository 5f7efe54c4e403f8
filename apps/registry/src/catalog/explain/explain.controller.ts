import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import type { Principal } from '#contracts/auth/principal';
import { Authenticated, Caller } from '#libs/identity';
import { ApiFailures } from '#libs/service';
import { ExplainQuery } from './explain.query.js';
import { ExplainService } from './explain.service.js';
import { RULES, type Verdict } from './verdict.js';

/** Yes or no, and why. */
export class VerdictView {
  @ApiProperty({ type: Boolean })
  allowed!: boolean;

  @ApiProperty({ enum: RULES, description: 'What decides; of a no, the first that says so.' })
  rule!: Verdict['rule'];

  @ApiProperty({ type: String })
  because!: string;

  @ApiProperty({ type: [String], description: 'What would make it otherwise.' })
  wouldChange!: readonly string[];
}

@ApiTags('authz')
@Controller('authz')
export class ExplainController {
  constructor(private readonly explaining: ExplainService) {}

  @Get('explain')
  @Authenticated()
  @ApiOperation({ summary: 'Whether you, or as an administrator anybody, may call a tool, and what decides it' })
  @ApiOkResponse({
    type: VerdictView,
    example: {
      allowed: false,
      rule: 'tool.visibility',
      because: 'The tool is for the team 6f1d0c5ab7e04b0f9c3f0d7a5e2b8c41, which ann@example.org is not in',
      wouldChange: ['put ann@example.org into the team 6f1d0c5ab7e04b0f9c3f0d7a5e2b8c41', 'make it public'],
    },
  })
  @ApiFailures('http.invalid')
  explain(@Caller() caller: Principal, @Query() query: ExplainQuery): Promise<Verdict> {
    return this.explaining.explain(caller, query);
  }
}
