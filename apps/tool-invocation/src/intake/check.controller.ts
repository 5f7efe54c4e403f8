import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import type { RequestOf } from '#contracts/define';
import { CheckUpstream } from '#contracts/tool-invocation/health/check-upstream.request';
import { Answers } from '#libs/bus';
import { CheckService } from '../discovery/check.service.js';

@Controller()
export class CheckController {
  constructor(private readonly checking: CheckService) {}

  @Answers(CheckUpstream)
  check(@Payload() request: RequestOf<typeof CheckUpstream>) {
    return this.checking.check(request);
  }
}
