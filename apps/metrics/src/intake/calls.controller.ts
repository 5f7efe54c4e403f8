import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { Answers, type CallContext, Ctx } from '#libs/bus';
import { RecordCalls, type ReplyOf, type RequestOf } from '#libs/contracts';
import { CallQueue } from '../queue/call-queue.js';

@Controller()
export class CallsController {
  constructor(private readonly queue: CallQueue) {}

  @Answers(RecordCalls)
  async record(
    @Payload() { records }: RequestOf<typeof RecordCalls>,
    @Ctx() call: CallContext,
  ): Promise<ReplyOf<typeof RecordCalls>> {
    return { accepted: await this.queue.write(records, call.deadlineAtMs) };
  }
}
