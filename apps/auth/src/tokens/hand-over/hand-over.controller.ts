import type { IncomingMessage } from 'node:http';
import { Body, Controller, Header, HttpCode, Inject, Param, Post, Req } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiSecurity, ApiTags } from '@nestjs/swagger';
import type { Principal } from '#contracts/auth/principal';
import { CLIENT_ADDRESS, Caller, type ClientAddress, Open, Requires, checkOwnPage, networkOf } from '#libs/identity';
import { ApiFailures, ApiOpenFailures } from '#libs/service';
import { RECORD_ID } from '../../rest/record-id.js';
import { CreatedTokenView, tokenView } from '../token.view.js';
import { HandOverBody, TakeTokenBody } from './hand-over.body.js';
import { HandOverService } from './hand-over.service.js';
import { HandOverView } from './hand-over.view.js';

/** A token gets to who is to use it, and nobody else has to see it. */
@ApiTags('tokens')
@Controller('tokens')
export class HandOverController {
  constructor(
    private readonly handOvers: HandOverService,
    @Inject(CLIENT_ADDRESS) private readonly addressOf: ClientAddress,
  ) {}

  @Post(':id/hand-over')
  @HttpCode(200)
  @Requires('tokens.create')
  @Header('cache-control', 'no-store')
  @ApiOperation({ summary: 'The code of a link by which somebody takes a token that you made, once and within a day' })
  @ApiOkResponse({ type: HandOverView })
  @ApiFailures('registry.unknown', 'http.invalid')
  async offer(
    @Caller() caller: Principal,
    @Param('id', RECORD_ID) id: string,
    @Body() { token }: HandOverBody,
  ): Promise<HandOverView> {
    const { code, expiresAt } = await this.handOvers.offer(caller, id, token);
    return { code, expires_at: expiresAt };
  }

  @Post('take')
  @HttpCode(200)
  @Open()
  @ApiSecurity({})
  @Header('cache-control', 'no-store')
  @ApiOperation({ summary: 'Take the token of a link, which is good once' })
  @ApiOkResponse({ type: CreatedTokenView })
  @ApiOpenFailures('auth.link_invalid', 'auth.link_expired', 'http.origin_refused', 'http.invalid')
  async take(
    @Req() { raw }: { readonly raw: IncomingMessage },
    @Body() { code }: TakeTokenBody,
  ): Promise<CreatedTokenView> {
    checkOwnPage(raw.headers);
    const { record, token } = await this.handOvers.take(code, networkOf(this.addressOf(raw)));
    return { token: tokenView(record), access_token: token };
  }
}
