import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  ASSERTION_ALGORITHMS,
  type AssertionAlgorithm,
  OAUTH_GRANT_TYPES,
  type OAuthGrantType,
  type ShownOAuthClient,
  TOKEN_ENDPOINT_AUTH_METHODS,
  type TokenEndpointAuthMethod,
} from '#contracts/auth/oauth/oauth-client';
import { MASK } from '#contracts/auth/upstream-secrets.rules';

const OPTIONAL_TEXT = { type: String, nullable: true } as const;

/** How access tokens for a gateway are got. A mask stands for the secret; sent back, it means "as it was". */
export class OAuthConfigView {
  @ApiProperty({ enum: OAUTH_GRANT_TYPES })
  readonly grantType: OAuthGrantType;

  @ApiProperty({ ...OPTIONAL_TEXT, description: 'Null: this gateway registers itself.' })
  readonly clientId: string | null;

  @ApiPropertyOptional({ type: String, description: 'Where people consent, where it was said.' })
  readonly authorizationUrl?: string;

  @ApiPropertyOptional({ type: String, description: 'Where the metadata of the issuer is, where it was said.' })
  readonly authorizationServer?: string;

  @ApiPropertyOptional({ type: 'object', additionalProperties: { type: 'string' } })
  readonly authorizationParameters?: Readonly<Record<string, string>>;

  @ApiProperty(OPTIONAL_TEXT)
  readonly tokenUrl: string | null;

  @ApiProperty(OPTIONAL_TEXT)
  readonly issuer: string | null;

  @ApiProperty({ type: [String] })
  readonly scopes: readonly string[];

  @ApiProperty({ enum: TOKEN_ENDPOINT_AUTH_METHODS })
  readonly tokenEndpointAuthMethod: TokenEndpointAuthMethod;

  @ApiPropertyOptional({ enum: ASSERTION_ALGORITHMS, description: 'For private_key_jwt.' })
  readonly tokenEndpointAuthSigningAlg?: AssertionAlgorithm;

  @ApiPropertyOptional({ type: String, description: 'For private_key_jwt.' })
  readonly privateKeyJwtKid?: string;

  @ApiPropertyOptional({ enum: [MASK], description: 'For the methods with a secret.' })
  readonly clientSecret?: string;

  @ApiPropertyOptional({ enum: [MASK], description: 'For private_key_jwt.' })
  readonly privateKey?: string;

  @ApiPropertyOptional({ type: String, description: 'What tokens are for, where the authorization server is told.' })
  readonly resource?: string;

  @ApiProperty()
  readonly omitResource: boolean;

  @ApiPropertyOptional({ type: String })
  readonly audience?: string;

  constructor(client: ShownOAuthClient) {
    const { tokenEndpointAuthSigningAlg, privateKeyJwtKid, resource, audience } = client;
    this.grantType = client.grantType;
    this.clientId = client.clientId;
    this.tokenUrl = client.tokenUrl;
    this.issuer = client.issuer;
    this.scopes = client.scopes;
    this.tokenEndpointAuthMethod = client.tokenEndpointAuthMethod;
    if (tokenEndpointAuthSigningAlg !== null) this.tokenEndpointAuthSigningAlg = tokenEndpointAuthSigningAlg;
    if (privateKeyJwtKid !== null) this.privateKeyJwtKid = privateKeyJwtKid;
    const { authorizationUrl, authorizationServer, authorizationParameters } = client;
    if (authorizationUrl !== undefined) this.authorizationUrl = authorizationUrl;
    if (authorizationServer !== undefined) this.authorizationServer = authorizationServer;
    if (authorizationParameters !== undefined) this.authorizationParameters = authorizationParameters;
    if (client.tokenEndpointAuthMethod === 'private_key_jwt') this.privateKey = MASK;
    else if (client.tokenEndpointAuthMethod !== 'none') this.clientSecret = MASK;
    this.omitResource = resource === null;
    if (resource !== null) this.resource = resource;
    if (audience !== null) this.audience = audience;
  }
}
