import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { Answers, type CallContext, Ctx } from '#libs/bus';
import { ContinueCall, ExecuteCall } from '#contracts/tool-invocation/execute-call.request';
import type { FrameOf, RequestOf } from '#contracts/define';
import { CallService } from '../dispatch/call.service.js';

@Controller()
export class CallController {
  constructor(private readonly calls: CallService) {}

  @Answers(ExecuteCall)
  execute(@Payload() call: RequestOf<typeof ExecuteCall>, @Ctx() context: CallContext<FrameOf<typeof ExecuteCall>>) {
    return this.calls.execute(call, context);
  }

  @Answers(ContinueCall)
  resume(
    @Payload() request: RequestOf<typeof ContinueCall>,
    @Ctx() context: CallContext<FrameOf<typeof ContinueCall>>,
  ) {
    return this.calls.resume(request, context);
  }
}
