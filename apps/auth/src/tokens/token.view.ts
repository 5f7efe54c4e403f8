import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { DAYS, type TimeRestrictions } from '../jwt/token-conditions.js';
import type { PageQuery } from '../rest/page.query.js';
import type { Token, TokenMaker } from './token.entity.js';
import type { TokenPage } from './token.repository.js';

/** Times of days at which a token is good; what is left out restricts nothing. */
export class TimeRestrictionsView implements TimeRestrictions {
  @ApiPropertyOptional({ enum: DAYS, isArray: true, example: ['mon', 'tue'] })
  days?: readonly string[] | null;

  @ApiPropertyOptional({ type: String, nullable: true, example: '22:00', description: 'Of the days named.' })
  start_time?: string | null;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    example: '06:00',
    description: 'The first minute at which it is good no more; before `start_time`: of the next day.',
  })
  end_time?: string | null;

  @ApiPropertyOptional({ type: String, nullable: true, default: 'UTC', example: 'Europe/Berlin' })
  timezone?: string | null;

  @ApiPropertyOptional({ type: Boolean, nullable: true, example: false, description: 'From 09:00 to 17:00.' })
  business_hours_only?: boolean | null;

  @ApiPropertyOptional({ type: Boolean, nullable: true, example: false, description: 'From Monday to Friday.' })
  weekdays_only?: boolean | null;
}

/** A token on record. Its value is shown once, by the answer that creates it. */
export class TokenView {
  @ApiProperty({ type: String, format: 'uuid' })
  id!: string;

  @ApiProperty({ type: String, example: 'nightly build' })
  name!: string;

  @ApiProperty({ type: String, nullable: true, example: 'Runs the smoke tests' })
  description!: string | null;

  @ApiProperty({ type: String, format: 'email', example: 'ann@example.org' })
  user_email!: string;

  @ApiProperty({ type: String, nullable: true, example: null, description: 'The one virtual server the token is for.' })
  server_id!: string | null;

  @ApiProperty({
    type: [String],
    example: ['tools.read', 'tools.execute'],
    description: 'Empty: all that its user may do.',
  })
  resource_scopes!: readonly string[];

  @ApiProperty({ type: [String], example: [], description: 'Where it is good from. Empty: everywhere.' })
  ip_restrictions!: readonly string[];

  @ApiProperty({ type: TimeRestrictionsView, description: 'When it is good. Empty: at any time.' })
  time_restrictions!: TimeRestrictions;

  @ApiProperty({ type: String, nullable: true, example: null, description: 'The one team it is for.' })
  team_id!: string | null;

  @ApiProperty({ type: [String], example: ['ci'] })
  tags!: readonly string[];

  @ApiProperty({
    enum: ['request', 'login', 'consent', 'client', 'command', 'start'],
    description:
      'What made it: this API, a log-in, a consent to a client, or a client without a user (it then stands for all tokens that the client is given), the command line, or `npm start` with `--demo` or `--import`.',
  })
  made_by!: TokenMaker;

  @ApiProperty({
    type: String,
    format: 'email',
    nullable: true,
    example: null,
    description: 'Who made it for its user; `null`: they did so themselves.',
  })
  created_by!: string | null;

  @ApiProperty({
    type: Boolean,
    example: false,
    description: 'Refused until its user accepts it: the owner of a team made it.',
  })
  awaits_acceptance!: boolean;

  @ApiProperty({ type: String, format: 'date-time' })
  created_at!: Date;

  @ApiProperty({ type: String, format: 'date-time' })
  expires_at!: Date;

  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'To within five minutes.' })
  last_used!: Date | null;

  @ApiProperty({ type: Boolean, example: true, description: 'Neither revoked nor expired.' })
  is_active!: boolean;

  @ApiProperty({ type: Boolean, example: false })
  is_revoked!: boolean;

  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: null })
  revoked_at!: Date | null;
}

export class CreatedTokenView {
  @ApiProperty({ type: TokenView })
  token!: TokenView;

  @ApiProperty({ type: String, example: 'eyJhbGciOi…', description: 'The value to send as a Bearer token.' })
  access_token!: string;
}

export class TokenPageView {
  @ApiProperty({ type: [TokenView] })
  tokens!: readonly TokenView[];

  @ApiProperty({ type: 'integer', example: 1, description: 'Tokens in all.' })
  total!: number;

  @ApiProperty({ type: 'integer', example: 50 })
  limit!: number;

  @ApiProperty({ type: 'integer', example: 0 })
  offset!: number;
}

export const tokenView = (record: Token): TokenView => ({
  id: record.id,
  name: record.name,
  description: record.description,
  user_email: record.userEmail,
  server_id: record.serverId,
  resource_scopes: record.permissions,
  ip_restrictions: record.ipRestrictions,
  time_restrictions: record.timeRestrictions ?? {},
  team_id: record.teamId,
  tags: record.tags,
  made_by: record.madeBy,
  created_by: record.createdBy,
  awaits_acceptance: record.isOffered,
  created_at: record.createdAt,
  expires_at: record.expiresAt,
  last_used: record.lastUsedAt,
  is_active: record.revokedAt === null && record.expiresAt > new Date(),
  is_revoked: record.revokedAt !== null,
  revoked_at: record.revokedAt,
});

export const tokenPageView = ({ tokens, total }: TokenPage, { limit, offset }: PageQuery): TokenPageView => ({
  tokens: tokens.map(tokenView),
  total,
  limit,
  offset,
});
