import { ApiProperty } from '@nestjs/swagger';
import type { PageQuery } from '../rest/page.query.js';
import { MACHINE_AUTH_METHODS, type MachineAuthMethod } from './machine-client.entity.js';
import type { RecordedClient } from './machine-client.repository.js';

const MOMENT = { type: String, format: 'date-time' } as const;

/** A client without a user. Its secret is shown once, by the answer that registers it. */
export class MachineClientView {
  @ApiProperty({ type: String, example: 'm2m-nightly-report-5f2c09ab' })
  client_id!: string;

  @ApiProperty({ type: String, example: 'nightly report' })
  name!: string;

  @ApiProperty({ type: String, nullable: true, example: null })
  description!: string | null;

  @ApiProperty({ type: [String], example: ['mcp:tools'] })
  scopes!: readonly string[];

  @ApiProperty({ type: String, nullable: true, example: null })
  team_id!: string | null;

  @ApiProperty({ enum: MACHINE_AUTH_METHODS, example: 'client_secret_basic' })
  token_endpoint_auth_method!: MachineAuthMethod;

  @ApiProperty({
    type: String,
    format: 'email',
    example: 'ann@example.org',
    description: 'It may do no more than they.',
  })
  registered_by!: string;

  @ApiProperty(MOMENT)
  created_at!: Date;

  @ApiProperty(MOMENT)
  expires_at!: Date;

  @ApiProperty({ ...MOMENT, nullable: true, example: null })
  last_used!: Date | null;

  @ApiProperty({ ...MOMENT, nullable: true, example: null })
  revoked_at!: Date | null;

  @ApiProperty({
    type: Boolean,
    example: true,
    description: 'Neither it nor the account of who registered it has ended.',
  })
  is_active!: boolean;
}

export class RegisteredMachineClientView {
  @ApiProperty({ type: MachineClientView })
  client!: MachineClientView;

  @ApiProperty({ type: String, nullable: true, example: 'swm_…', description: 'Null: it proves itself by its keys.' })
  client_secret!: string | null;

  @ApiProperty({ type: String, example: 'https://gateway.example/token' })
  token_endpoint!: string;
}

export class MachineClientPageView {
  @ApiProperty({ type: [MachineClientView] })
  clients!: readonly MachineClientView[];

  @ApiProperty({ type: 'integer', example: 1, description: 'Clients in all.' })
  total!: number;

  @ApiProperty({ type: 'integer', example: 50 })
  limit!: number;

  @ApiProperty({ type: 'integer', example: 0 })
  offset!: number;
}

export const machineClientView = (client: RecordedClient): MachineClientView => ({
  client_id: client.clientId,
  name: client.name,
  description: client.description,
  scopes: client.scopes,
  team_id: client.teamId,
  token_endpoint_auth_method: client.authMethod,
  registered_by: client.registeredBy,
  created_at: client.createdAt,
  expires_at: client.expiresAt,
  last_used: client.lastUsedAt,
  revoked_at: client.revokedAt,
  is_active: client.isGood,
});

export const machineClientPageView = (
  { clients, total }: { readonly clients: readonly RecordedClient[]; readonly total: number },
  { limit, offset }: PageQuery,
): MachineClientPageView => ({ clients: clients.map(machineClientView), total, limit, offset });
