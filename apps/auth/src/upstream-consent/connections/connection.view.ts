import { ApiProperty } from '@nestjs/swagger';
import type { UpstreamTokenState } from '#contracts/auth/oauth/describe-upstream-tokens.request';
import type { ShownGateway } from '#contracts/registry/show-gateways.request';
import type { Consent } from '../../upstream-credentials/oauth/upstream-token.repository.js';

const OPTIONAL_TEXT = { type: String, nullable: true } as const;

/** How a consent stands: `needs_reauth`, it has ended; `failed`, it could not be renewed just now. */
export const CONNECTION_STATES = ['ok', 'needs_reauth', 'failed'] as const;

/** Consent of the caller's own at one upstream. */
export class ConnectionView {
  @ApiProperty({ type: String })
  readonly gateway_id: string;

  @ApiProperty({ ...OPTIONAL_TEXT, description: 'Null where the caller does not see the gateway any more.' })
  readonly gateway_name: string | null;

  @ApiProperty({ enum: CONNECTION_STATES })
  readonly state: (typeof CONNECTION_STATES)[number];

  @ApiProperty({ ...OPTIONAL_TEXT, description: 'Why it is not `ok`.' })
  readonly reason: string | null;

  @ApiProperty({ ...OPTIONAL_TEXT, description: 'The authorization server; null where it was given by its addresses.' })
  readonly issuer: string | null;

  @ApiProperty({ type: [String] })
  readonly scopes: readonly string[];

  @ApiProperty({ type: String, format: 'date-time' })
  readonly consented_at: string;

  @ApiProperty({
    ...OPTIONAL_TEXT,
    format: 'date-time',
    description: 'Of the present token, which may be renewed before.',
  })
  readonly expires_at: string | null;

  constructor(consent: Consent, token: UpstreamTokenState | undefined, gateway: ShownGateway | undefined) {
    this.gateway_id = consent.upstreamId;
    this.gateway_name = gateway?.name ?? null;
    this.state = connectionState(token);
    this.reason = this.state === 'ok' ? null : (token?.failure ?? null);
    this.issuer = consent.issuer;
    this.scopes = consent.scopes ?? [];
    this.consented_at = consent.consentedAt.toISOString();
    this.expires_at = token?.expiresAt ?? null;
  }
}

const connectionState = (token: UpstreamTokenState | undefined): ConnectionView['state'] => {
  if (token === undefined || token.needsReauth) return 'needs_reauth';
  const isOver = token.expiresAt !== null && Date.parse(token.expiresAt) <= Date.now();
  return token.failure !== null && isOver ? 'failed' : 'ok';
};

export const CONNECTION_EXAMPLE: ConnectionView = {
  gateway_id: '0c9e8d7b6a5f4e3d2c1b0a9f8e7d6c5b',
  gateway_name: 'Notes',
  state: 'needs_reauth',
  reason: 'the authorization server says invalid_grant',
  issuer: 'https://idp.example',
  scopes: ['notes:read'],
  consented_at: '2026-11-29T09:00:00.000Z',
  expires_at: null,
};
