import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Principal } from '#contracts/auth/principal';
import { SumTokenCalls } from '#contracts/metrics/sum-token-calls.request';
import { type Bus, InjectBus } from '#libs/bus';
import { fail } from '#libs/errors';
import { Caller, Requires, holds } from '#libs/identity';
import { ApiFailures } from '#libs/service';
import { RECORD_ID } from '../../rest/record-id.js';
import type { Token } from '../token.entity.js';
import { TokenService } from '../token.service.js';
import { TokenUsageQuery } from './token-usage.query.js';
import { TokenUsageView } from './token-usage.view.js';

const DAY_MS = 86_400_000;

@ApiTags('tokens')
@Controller('tokens')
export class TokenUsageController {
  constructor(
    private readonly tokens: TokenService,
    @InjectBus() private readonly bus: Bus,
  ) {}

  @Get(':id/usage')
  @Requires('tokens.read')
  @ApiOperation({ summary: 'What a token was used for, as far back as records of calls are kept' })
  @ApiOkResponse({ type: TokenUsageView })
  @ApiFailures('registry.unknown', 'http.invalid')
  async usage(
    @Caller() caller: Principal,
    @Param('id', RECORD_ID) id: string,
    @Query() { days }: TokenUsageQuery,
  ): Promise<TokenUsageView> {
    const token = await this.tokens.get(caller, id);
    checkSees(caller, token);
    const { tokenId, userEmail: principalId } = token;
    const sinceMs = Date.now() - days * DAY_MS;
    const { head } = await this.bus.ask(SumTokenCalls, { tokenId, principalId, sinceMs });
    const { count, ok, refused, avgMs, names } = head;
    return {
      period_days: days,
      total_requests: count,
      successful_requests: ok,
      blocked_requests: refused,
      success_rate: count === 0 ? 0 : ok / count,
      average_response_time_ms: avgMs ?? 0,
      top_endpoints: names.map(({ name, count: times }) => [name, times]),
    };
  }
}

/** As records of calls are shown: one's own, by a narrowed token those with it alone; or everybody's. */
const checkSees = (caller: Principal, { userEmail, tokenId }: Token): void => {
  const isTheirs = userEmail === caller.id && (caller.isNarrowed !== true || tokenId === caller.tokenId);
  if (isTheirs || (caller.teams === null && holds(caller, 'admin.metrics'))) return;
  throw fail('auth.grant_missing', {
    message:
      'A narrowed token shows its own calls alone; those of others are shown with the permission admin.metrics by a token that reaches every team',
  });
};
