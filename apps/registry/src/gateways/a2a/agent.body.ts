import { ApiProperty, ApiPropertyOptional, PartialType, PickType } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsIn, IsObject, IsOptional, ValidateIf, ValidateNested } from 'class-validator';
import { NotSupported } from '#libs/service';
import { IsPlainText, IsUrlText } from '../../rest/plain-text.decorator.js';
import { RegisterGatewayBody } from '../gateway.body.js';

const VERSIONS = ['1.0', '0.3'] as const;
const NOT_SUPPORTED = {
  authHeaderKey: null,
  authHeaderValue: null,
  authValue: null,
  capabilities: null,
  config: null,
  iconUrl: null,
  ownerEmail: null,
  tenant: null,
};

/** What an agent has in common with any gateway. */
class AgentFields extends PickType(RegisterGatewayBody, [
  'slug',
  'description',
  'tags',
  'visibility',
  'teamId',
  'toolPrefix',
  'authType',
  'authToken',
  'authUsername',
  'authPassword',
  'authHeaders',
  'authQueryParamKey',
  'authQueryParamValue',
  'oauthConfig',
  'caCertificate',
  'clientCert',
  'clientKey',
  'passthroughHeaders',
  'timeoutMs',
  'concurrencyMax',
  'addresses',
] as const) {
  @ApiPropertyOptional({
    enum: ['generic', 'jsonrpc'],
    default: 'generic',
    description: 'Agents are spoken to by JSON-RPC.',
  })
  @IsOptional()
  @IsIn(['generic', 'jsonrpc'])
  agentType?: 'generic' | 'jsonrpc';

  @ApiPropertyOptional({
    enum: VERSIONS,
    nullable: true,
    description: 'Default: the newest of its card; 1.0 without one.',
  })
  @IsOptional()
  @IsIn(VERSIONS)
  protocolVersion?: (typeof VERSIONS)[number] | null;
}

/** A body that is wrapped in `agent` says the rest there. */
const isWhole = ({ agent }: { agent?: unknown }): boolean => agent === undefined;

/** An A2A agent, as ContextForge registers one. */
@NotSupported(NOT_SUPPORTED)
export class RegisterAgentBody extends AgentFields {
  @ApiProperty({ description: 'Unique among gateways.' })
  @ValidateIf(isWhole)
  @IsPlainText(255, { lengthMin: 1 })
  name!: string;

  @ApiProperty({
    description: 'Where it takes messages. Its card is looked for below it, and at the root of its origin.',
  })
  @ValidateIf(isWhole)
  @IsUrlText({ lengthMin: 1 })
  endpointUrl!: string;

  @ApiPropertyOptional({ type: () => RegisterAgentBody, description: 'All of this may also stand in here.' })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => RegisterAgentBody)
  agent?: RegisterAgentBody;
}

/** What is left out stays as it is. */
@NotSupported(NOT_SUPPORTED)
export class UpdateAgentBody extends PartialType(AgentFields) {
  @ApiPropertyOptional()
  @IsOptional()
  @IsPlainText(255, { lengthMin: 1 })
  name?: string;

  @ApiPropertyOptional({ description: 'Where it takes messages.' })
  @IsOptional()
  @IsUrlText({ lengthMin: 1 })
  endpointUrl?: string;
}

/** What an agent is told. */
export class InvokeAgentBody {
  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: true,
    description:
      'The arguments of its tool: `message`, `data`, `files`, `contextId`, `taskId`; or `query` in place of `message`.',
  })
  @IsOptional()
  @IsObject()
  parameters?: Record<string, unknown>;

  @ApiPropertyOptional({ default: 'query', description: 'Has no effect.' })
  @IsOptional()
  @IsPlainText(64)
  interactionType?: string;
}
