import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { Answers } from '#libs/bus';
import { AdmitCaller } from '#contracts/auth/admit-caller.request';
import type { ReplyOf, RequestOf } from '#contracts/define';
import { CallerService } from './caller.service.js';

/** The bus's door to admission. */
@Controller()
export class CallerController {
  constructor(private readonly callers: CallerService) {}

  @Answers(AdmitCaller)
  async admit(@Payload() { credential }: RequestOf<typeof AdmitCaller>): Promise<ReplyOf<typeof AdmitCaller>> {
    const admitted = await this.callers.admit(credential);
    return { ...admitted, expiresInMs: admitted.expiresAtMs - Date.now() };
  }
}
