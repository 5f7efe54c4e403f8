import { Body, Controller, Delete, Get, HttpCode, Param, ParseUUIDPipe, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Principal } from '#contracts/auth/principal';
import { fail } from '#libs/errors';
import { Caller, Requires } from '#libs/identity';
import type { TokenPage } from '../storage/api-token.repository.js';
import type { ApiToken } from '../storage/api-token.entity.js';
import { PageRequest } from './page.request.js';
import { CreateTokenRequest } from './token.request.js';
import { TokenService } from './token.service.js';

/** What is no id names nothing. */
const ID = new ParseUUIDPipe({ exceptionFactory: () => fail('registry.unknown') });

const tokenAnswer = (record: ApiToken) => ({
  id: record.id,
  name: record.name,
  description: record.description,
  user_email: record.userEmail,
  server_id: record.serverId,
  resource_scopes: record.permissions,
  created_at: record.createdAt,
  expires_at: record.expiresAt,
  last_used: record.lastUsedAt,
  is_active: record.revokedAt === null && record.expiresAt > new Date(),
  is_revoked: record.revokedAt !== null,
  revoked_at: record.revokedAt,
});

const pageAnswer = ({ tokens, total }: TokenPage, { limit, offset }: PageRequest) => ({
  tokens: tokens.map(tokenAnswer),
  total,
  limit,
  offset,
});

@ApiTags('tokens')
@Controller('tokens')
export class TokenController {
  constructor(private readonly tokens: TokenService) {}

  @Requires('tokens.create')
  @Post()
  async create(@Caller() caller: Principal, @Body() wish: CreateTokenRequest) {
    const { record, token } = await this.tokens.create(caller, wish);
    return { token: tokenAnswer(record), access_token: token };
  }

  @Requires('tokens.read')
  @Get()
  async list(@Caller() caller: Principal, @Query() page: PageRequest) {
    return pageAnswer(await this.tokens.list(caller, page.limit, page.offset), page);
  }

  @Requires('admin.user_management')
  @Get('admin/all')
  async listAll(@Query() page: PageRequest) {
    return pageAnswer(await this.tokens.listAll(page.limit, page.offset), page);
  }

  @Requires('tokens.read')
  @Get(':id')
  async get(@Caller() caller: Principal, @Param('id', ID) id: string) {
    return tokenAnswer(await this.tokens.find(caller, id));
  }

  @Requires('tokens.revoke')
  @Delete(':id')
  @HttpCode(204)
  async revoke(@Caller() caller: Principal, @Param('id', ID) id: string): Promise<void> {
    await this.tokens.revoke(caller, id);
  }
}
