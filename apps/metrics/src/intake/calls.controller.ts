import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { Answers, type CallContext, Ctx } from '#libs/bus';
import type { ReplyOf, RequestOf } from '#contracts/define';
import { RecordCalls } from '#contracts/metrics/record-calls.request';
import { CallIntakeService } from './call-intake.service.js';

@Controller()
export class CallsController {
  constructor(private readonly intake: CallIntakeService) {}

  @Answers(RecordCalls)
  async record(
    @Payload() { records }: RequestOf<typeof RecordCalls>,
    @Ctx() call: CallContext,
  ): Promise<ReplyOf<typeof RecordCalls>> {
    return { accepted: await this.intake.record(records, call.deadlineAtMs) };
  }
}
