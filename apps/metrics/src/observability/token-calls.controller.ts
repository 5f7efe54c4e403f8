import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import type { ReplyOf, RequestOf } from '#contracts/define';
import { SumTokenCalls } from '#contracts/metrics/sum-token-calls.request';
import { Answers } from '#libs/bus';
import { CallSumsRepository } from './call-sums.repository.js';

const NAMES_MAX = 10;

/** The bus's door to sums: of what one token was used for. Auth has seen who asks. */
@Controller()
export class TokenCallsController {
  constructor(private readonly sums: CallSumsRepository) {}

  @Answers(SumTokenCalls)
  async sum(@Payload() of: RequestOf<typeof SumTokenCalls>): Promise<ReplyOf<typeof SumTokenCalls>> {
    const [all, ...named] = await this.sums.mostFrequent(of, NAMES_MAX);
    if (all === undefined) throw new Error('a sum without a row');
    const { count, ok, refused, avgMs } = all;
    return {
      count,
      ok,
      refused,
      avgMs,
      names: named.map(({ name, count: times }) => ({ name: name ?? '', count: times })),
    };
  }
}
