import { ApiProperty } from '@nestjs/swagger';
import type { UpstreamClientRow } from './upstream-client.repository.js';

/** The gateway as it registered itself at an authorization server (RFC 7591). */
export class RegisteredClientView {
  @ApiProperty({ type: String })
  readonly id: string;

  @ApiProperty({ type: String })
  readonly gateway_id: string;

  @ApiProperty({ type: String })
  readonly issuer: string;

  @ApiProperty({ type: String })
  readonly client_id: string;

  @ApiProperty({ type: String, format: 'date-time' })
  readonly created_at: string;

  constructor({ id, upstreamId, issuer, clientId, createdAt }: UpstreamClientRow) {
    this.id = id;
    this.gateway_id = upstreamId;
    this.issuer = issuer;
    this.client_id = clientId;
    this.created_at = createdAt.toISOString();
  }
}

export class RegisteredClientsView {
  @ApiProperty({ type: 'integer' })
  readonly total: number;

  @ApiProperty({ type: [RegisteredClientView] })
  readonly clients: readonly RegisteredClientView[];

  constructor(clients: readonly UpstreamClientRow[]) {
    this.total = clients.length;
    this.clients = clients.map((client) => new RegisteredClientView(client));
  }
}

export const REGISTERED_CLIENT_EXAMPLE: RegisteredClientView = {
  id: '5b1f4a52-0d0e-4a86-9b7e-0f6f4b1d7c11',
  gateway_id: '0c9e8d7b6a5f4e3d2c1b0a9f8e7d6c5b',
  issuer: 'https://idp.example',
  client_id: 'dcr-8Zf2',
  created_at: '2026-11-29T09:00:00.000Z',
};
