import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { Answers } from '#libs/bus';
import { fail } from '#libs/errors';
import { AdmitCaller } from '#contracts/auth/admit-caller.request';
import type { ReplyOf, RequestOf } from '#contracts/define';
import { SubjectTokens } from '../encryption/subject-tokens.js';
import { CallerService } from './caller.service.js';

/** The bus's door to admission. */
@Controller()
export class CallerController {
  constructor(
    private readonly callers: CallerService,
    private readonly subjects: SubjectTokens,
  ) {}

  @Answers(AdmitCaller)
  async admit(@Payload() request: RequestOf<typeof AdmitCaller>): Promise<ReplyOf<typeof AdmitCaller>> {
    const { credential } = request;
    const { isExchangeable, ...admitted } = await this.callers.admit(credential);
    // A replica of before, in an update, would let it in from everywhere.
    if (admitted.principal.conditions !== undefined && request.checksConditions !== true)
      throw fail('auth.credential_invalid', { message: 'The token is restricted in a way that is not enforced here' });
    const { principal, expiresAtMs } = admitted;
    const subjectToken =
      isExchangeable && credential !== null ? this.subjects.seal(credential, principal.id) : undefined;
    return {
      principal: subjectToken === undefined ? principal : { ...principal, subjectToken },
      expiresAtMs,
      expiresInMs: expiresAtMs - Date.now(),
    };
  }
}
