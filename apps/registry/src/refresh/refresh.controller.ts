import { Controller, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsBoolean, IsOptional } from 'class-validator';
import type { Principal } from '#contracts/auth/principal';
import { Caller, Requires } from '#libs/identity';
import { ApiFailures } from '#libs/service';
import { asBoolean } from '../rest/list.query.js';
import { REFRESH_EXAMPLE, RefreshView } from './refresh.view.js';
import { RefreshService } from './refresh.service.js';

const EVERYTHING = 'Taken from older clients. Everything the upstream offers is listed anew, whatever it says.';

export class RefreshQuery {
  @ApiPropertyOptional({ description: EVERYTHING })
  @IsOptional()
  @Transform(asBoolean)
  @IsBoolean()
  includeResources?: boolean;

  @ApiPropertyOptional({ description: EVERYTHING })
  @IsOptional()
  @Transform(asBoolean)
  @IsBoolean()
  includePrompts?: boolean;
}

@ApiTags('gateways')
@Controller('gateways')
export class RefreshController {
  constructor(private readonly refreshing: RefreshService) {}

  @Post(':id/tools/refresh')
  @HttpCode(200)
  @Requires('gateways.update')
  @ApiOperation({ summary: 'List anew what the upstream offers; answers how many entries came, changed and went' })
  @ApiOkResponse({ type: RefreshView, example: REFRESH_EXAMPLE })
  @ApiFailures(
    'registry.unknown',
    'http.invalid',
    'http.conflict',
    'upstream.unreachable',
    'upstream.unauthorised',
    'upstream.not_mcp',
    'upstream.invalid_answer',
    'upstream.timed_out',
    'bus.no_responders',
  )
  async refresh(@Param('id') id: string, @Query() _query: RefreshQuery, @Caller() caller: Principal) {
    const startedAtMs = Date.now();
    return new RefreshView(id, await this.refreshing.refresh(id, caller), Date.now() - startedAtMs);
  }
}
