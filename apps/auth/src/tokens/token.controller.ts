import type { IncomingMessage } from 'node:http';
import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query, Req } from '@nestjs/common';
import {
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiTags,
} from '@nestjs/swagger';
import type { Principal } from '#contracts/auth/principal';
import { fail } from '#libs/errors';
import { Caller, Requires, readManagementCredential } from '#libs/identity';
import { ApiFailures } from '#libs/service';
import { RECORD_ID } from '../rest/record-id.js';
import { ChangeTokenBody, CreateTokenBody } from './token.body.js';
import { TokenListQuery } from './token.query.js';
import { TokenService } from './token.service.js';
import { CreatedTokenView, TokenPageView, TokenView, tokenPageView, tokenView } from './token.view.js';

/** A text that is no UUID is answered like the id of no token: 404. */

@ApiTags('tokens')
@Controller('tokens')
export class TokenController {
  constructor(private readonly tokens: TokenService) {}

  @Post()
  @Requires('tokens.create')
  @ApiOperation({
    summary: 'Create a token, for yourself or (`user_email`) for somebody else; its value is shown this once',
  })
  @ApiCreatedResponse({ type: CreatedTokenView })
  @ApiFailures('http.invalid', 'http.conflict')
  async create(
    @Req() request: { raw: IncomingMessage },
    @Caller() caller: Principal,
    @Body() body: CreateTokenBody,
  ): Promise<CreatedTokenView> {
    const { record, token } = await this.tokens.create(caller, readManagementCredential(request.raw) ?? '', body);
    return { token: tokenView(record), access_token: token };
  }

  @Get()
  @Requires('tokens.read')
  @ApiOperation({ summary: 'List your tokens, whatever made them, and those that you made for others, newest first' })
  @ApiOkResponse({ type: TokenPageView })
  @ApiFailures('http.invalid')
  async list(@Caller() caller: Principal, @Query() query: TokenListQuery): Promise<TokenPageView> {
    return tokenPageView(await this.tokens.list(caller, query.limit, query.offset), query);
  }

  @Get('admin/all')
  @Requires('admin.user_management')
  @ApiOperation({ summary: "List everybody's tokens, newest first" })
  @ApiOkResponse({ type: TokenPageView })
  @ApiFailures('http.invalid')
  async listAll(@Query() query: TokenListQuery): Promise<TokenPageView> {
    return tokenPageView(await this.tokens.listAll(query.limit, query.offset), query);
  }

  @Get(':id')
  @Requires('tokens.read')
  @ApiOperation({ summary: 'One token' })
  @ApiOkResponse({ type: TokenView })
  @ApiFailures('registry.unknown')
  async get(@Caller() caller: Principal, @Param('id', RECORD_ID) id: string): Promise<TokenView> {
    return tokenView(await this.tokens.get(caller, id));
  }

  @Post('teams/:teamId')
  @Requires('tokens.create')
  @ApiOperation({ summary: 'Create a token for a team of yours; its value is shown this once' })
  @ApiCreatedResponse({ type: CreatedTokenView })
  @ApiFailures('registry.unknown', 'http.invalid', 'http.conflict')
  createForTeam(
    @Req() request: { raw: IncomingMessage },
    @Caller() caller: Principal,
    @Param('teamId') teamId: string,
    @Body() body: CreateTokenBody,
  ): Promise<CreatedTokenView> {
    if (typeof body.teamId === 'string' && body.teamId !== teamId)
      throw fail('http.invalid', { message: 'team_id is another team than the path names' });
    return this.create(request, caller, Object.assign(body, { teamId }));
  }

  @Get('teams/:teamId')
  @Requires('tokens.read')
  @ApiOperation({ summary: 'List the tokens for a team, newest first: all as who says who is in it, else your own' })
  @ApiOkResponse({ type: TokenPageView })
  @ApiFailures('registry.unknown', 'http.invalid')
  async listOfTeam(
    @Caller() caller: Principal,
    @Param('teamId') teamId: string,
    @Query() query: TokenListQuery,
  ): Promise<TokenPageView> {
    return tokenPageView(await this.tokens.listOfTeam(caller, teamId, query.limit, query.offset), query);
  }

  @Put(':id')
  @Requires('tokens.update')
  @ApiOperation({ summary: 'Change what a token is called; what it permits stays as it was made' })
  @ApiOkResponse({ type: TokenView })
  @ApiFailures('registry.unknown', 'http.invalid', 'http.conflict')
  async change(
    @Caller() caller: Principal,
    @Param('id', RECORD_ID) id: string,
    @Body() body: ChangeTokenBody,
  ): Promise<TokenView> {
    return tokenView(await this.tokens.change(caller, id, body));
  }

  @Post(':id/accept')
  @HttpCode(200)
  @Requires('tokens.create')
  @ApiOperation({ summary: 'Accept a token that the owner of a team made for you: from now on it is good' })
  @ApiOkResponse({ type: TokenView })
  @ApiFailures('registry.unknown', 'http.conflict')
  async accept(
    @Req() request: { raw: IncomingMessage },
    @Caller() caller: Principal,
    @Param('id', RECORD_ID) id: string,
  ): Promise<TokenView> {
    return tokenView(await this.tokens.accept(caller, readManagementCredential(request.raw) ?? '', id));
  }

  @Delete('admin/:id')
  @HttpCode(204)
  @Requires('admin.user_management')
  @ApiOperation({ summary: "Revoke anybody's token, by the id of its record or by its `jti`, on record or not" })
  @ApiParam({ name: 'id', type: String })
  @ApiNoContentResponse()
  @ApiFailures('http.invalid')
  async revokeAny(@Caller() caller: Principal, @Param('id') id: string): Promise<void> {
    if (id.length > 320 || /\p{Cc}/u.test(id)) throw fail('http.invalid', { message: 'There is no such jti' });
    await this.tokens.revokeAny(caller, id);
  }

  @Delete(':id')
  @HttpCode(204)
  @Requires('tokens.revoke')
  @ApiOperation({ summary: 'Revoke a token and all that it asked for; every replica refuses them at once' })
  @ApiNoContentResponse()
  @ApiFailures('registry.unknown')
  async revoke(@Caller() caller: Principal, @Param('id', RECORD_ID) id: string): Promise<void> {
    await this.tokens.revoke(caller, id);
  }
}
