import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { ListServerTokens } from '#contracts/auth/list-server-tokens.request';
import type { ReplyOf, RequestOf } from '#contracts/define';
import { Answers } from '#libs/bus';
import { TokenService } from './token.service.js';

/** The bus's door to tokens: whom it concerns when a virtual server changes. */
@Controller()
export class ServerTokensController {
  constructor(private readonly tokens: TokenService) {}

  @Answers(ListServerTokens)
  list(@Payload() { serverIds }: RequestOf<typeof ListServerTokens>): Promise<ReplyOf<typeof ListServerTokens>> {
    return this.tokens.listOfServers(serverIds);
  }
}
