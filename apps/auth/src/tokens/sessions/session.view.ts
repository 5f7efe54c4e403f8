import { ApiProperty } from '@nestjs/swagger';
import type { Token } from '../token.entity.js';

/** A log-in, or a client that is signed in for its user. */
export class SessionView {
  @ApiProperty({ type: String, format: 'uuid' })
  id!: string;

  @ApiProperty({ enum: ['login', 'consent'], description: 'A log-in, or a client that its user allowed something.' })
  kind!: 'login' | 'consent';

  @ApiProperty({ type: String, example: 'Claude (3f2a91c0)' })
  name!: string;

  @ApiProperty({ type: String, nullable: true, example: 'A client that signed in' })
  description!: string | null;

  @ApiProperty({
    type: String,
    nullable: true,
    example: 'https://acme.okta.com',
    description: 'The issuer at which its user signed in for it; `null`: with a password here.',
  })
  signed_in_at!: string | null;

  @ApiProperty({ type: Boolean, example: true, description: 'The one that asks.' })
  is_current!: boolean;

  @ApiProperty({ type: String, format: 'date-time' })
  created_at!: Date;

  @ApiProperty({ type: String, format: 'date-time' })
  expires_at!: Date;

  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'To within five minutes.' })
  last_used!: Date | null;
}

export class EndedSessionsView {
  @ApiProperty({ type: 'integer', example: 2, description: 'Sessions that were ended.' })
  ended!: number;
}

export const sessionView = (token: Token, currentTokenId: string | null): SessionView => ({
  id: token.id,
  kind: token.madeBy === 'consent' ? 'consent' : 'login',
  name: token.name,
  description: token.description,
  signed_in_at: token.originIssuer,
  is_current: token.tokenId === currentTokenId,
  created_at: token.createdAt,
  expires_at: token.expiresAt,
  last_used: token.lastUsedAt,
});
