import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsObject,
  IsOptional,
  IsString,
  Matches,
  MaxLength,
} from 'class-validator';
import {
  ASSERTION_ALGORITHMS,
  type AssertionAlgorithm,
  OAUTH_GRANT_TYPES,
  type OAuthGrantType,
  TOKEN_ENDPOINT_AUTH_METHODS,
  type TokenEndpointAuthMethod,
} from '#contracts/auth/oauth/oauth-client';
import { NotSupported } from '#libs/service';
import { IsPlainText, IsUrlText } from '../../rest/plain-text.decorator.js';

const SCOPES_MAX = 64;
/** https://www.rfc-editor.org/rfc/rfc6749#section-3.3 */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]{1,256}$/;

/** How this gateway gets access tokens for one of its gateways, in the words of ContextForge. */
@NotSupported({
  password: null,
  redirectUri: null,
  tokenManagement: null,
  username: null,
})
export class OAuthConfigBody {
  @ApiProperty({
    enum: OAUTH_GRANT_TYPES,
    description:
      'client_credentials: this gateway signs in as itself; every caller is served with its token. authorization_code: each caller consents for themselves. token-exchange (RFC 8693), on-behalf-of (Entra): each call is made with what the token of its caller is exchanged for; for administrators.',
  })
  @IsIn(OAUTH_GRANT_TYPES)
  grantType!: OAuthGrantType;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description: 'Needed but for authorization_code, whose default is that this gateway registers itself.',
  })
  @IsOptional()
  @IsPlainText(1024, { lengthMin: 1 })
  clientId?: string | null;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description: 'For authorization_code, beside `tokenUrl`: where people consent. Default: where the metadata says.',
  })
  @IsOptional()
  @IsUrlText({ lengthMin: 1 })
  authorizationUrl?: string | null;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description: 'For authorization_code: where the metadata of `issuer` is, if elsewhere.',
  })
  @IsOptional()
  @IsUrlText({ lengthMin: 1 })
  authorizationServer?: string | null;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: { type: 'string' },
    nullable: true,
    description: 'For authorization_code: what goes to the authorization endpoint besides, such as `access_type`.',
  })
  @IsOptional()
  @IsObject()
  authorizationParameters?: Record<string, string> | null;

  @ApiPropertyOptional({ type: String, nullable: true, writeOnly: true, description: 'Kept encrypted.' })
  @IsOptional()
  @IsPlainText(4096, { lengthMin: 1 })
  clientSecret?: string | null;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description: 'Where tokens are issued. Default: where the metadata of `issuer` says (RFC 8414, OpenID Connect).',
  })
  @IsOptional()
  @IsUrlText({ lengthMin: 1 })
  tokenUrl?: string | null;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description:
      'The authorization server, exactly as it names itself. authorization_code default: the one that the upstream names.',
  })
  @IsOptional()
  @IsPlainText(2048, { lengthMin: 1 })
  issuer?: string | null;

  @ApiPropertyOptional({ type: [String], nullable: true, description: 'Also as one text, between blanks.' })
  @Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? value.split(' ').filter(Boolean) : value))
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(SCOPES_MAX)
  @Matches(SCOPE, { each: true, message: 'scopes must be of printable ASCII without blanks, quotes and backslashes' })
  scopes?: string[] | null;

  @ApiPropertyOptional({
    enum: TOKEN_ENDPOINT_AUTH_METHODS,
    nullable: true,
    default: 'client_secret_basic',
    description:
      'How this gateway says who it is: with its secret, or with an assertion that its key signs (RFC 7523). Without either, for authorization_code, `none`.',
  })
  @IsOptional()
  @IsIn(TOKEN_ENDPOINT_AUTH_METHODS)
  tokenEndpointAuthMethod?: TokenEndpointAuthMethod | null;

  @ApiPropertyOptional({
    enum: ASSERTION_ALGORITHMS,
    nullable: true,
    default: 'RS256',
    description: 'For private_key_jwt.',
  })
  @IsOptional()
  @IsIn(ASSERTION_ALGORITHMS)
  tokenEndpointAuthSigningAlg?: AssertionAlgorithm | null;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    writeOnly: true,
    description: 'For private_key_jwt: the private key in PEM, without a passphrase. Kept encrypted.',
  })
  @IsOptional()
  @IsString()
  @MaxLength(16_384)
  privateKey?: string | null;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description: 'For private_key_jwt: the name of its public half (`kid`).',
  })
  @IsOptional()
  @IsPlainText(256, { lengthMin: 1 })
  privateKeyJwtKid?: string | null;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description: 'What tokens are to be for (RFC 8707). Default: the URL of the gateway without its query.',
  })
  @IsOptional()
  @IsPlainText(2048, { lengthMin: 1 })
  resource?: string | null;

  @ApiPropertyOptional({
    type: Boolean,
    nullable: true,
    default: false,
    description: 'For authorization servers that refuse `resource`.',
  })
  @IsOptional()
  @IsBoolean()
  omitResource?: boolean | null;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description: 'For authorization servers that ask for `audience`.',
  })
  @IsOptional()
  @IsPlainText(2048, { lengthMin: 1 })
  audience?: string | null;
}
