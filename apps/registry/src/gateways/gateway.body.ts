import { ApiProperty, ApiPropertyOptional, OmitType, PartialType } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsObject,
  IsOptional,
  Matches,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';
import { MayRepeat, NotSupported } from '#libs/service';
import { type CacheHint, ERAS, type Era, type SessionScope } from '#contracts/registry/catalog';
import { PASSED_HEADERS_MAX } from '#contracts/registry/passed-headers.rules';
import { UPSTREAM_TRANSPORTS, type UpstreamTransport } from '#contracts/registry/resolve-upstream.request';
import { SLUG, TOOL_NAME_STYLES, TOOL_PREFIX, type ToolNameStyle } from '../entries/names/naming.js';
import { type AddressBody, Addresses } from './addresses/address.body.js';
import { AUTH_TYPES, type AuthType } from './gateway.entity.js';
import { GatewayView } from './gateway.view.js';
import { CHANGE_POLICIES, type ChangePolicy } from '../entries/ledger/change-policy.js';
import { NEW_TOOLS, type NewTools } from './new-tools.js';
import { OAuthConfigBody } from './registration/oauth-config.body.js';
import { TlsBody } from './tls/tls.body.js';
import { A2aBody } from '../sources/a2a/a2a.body.js';
import { GrpcBody } from '../sources/grpc/grpc.body.js';
import { OpenApiBody } from '../sources/openapi/openapi.body.js';
import { IsName, IsPlainText, IsUrlText } from '../rest/plain-text.decorator.js';

/** A tool described by hand is registered as a tool, and a prompt or resource of one's own as what it is. */
const REGISTERED = UPSTREAM_TRANSPORTS.filter((transport) => transport !== 'REST' && transport !== 'OWN');

const DAY_MS = 24 * 3_600_000;

/** In which era an upstream is spoken to. */
export const ERA_CHOICES = ['auto', ...ERAS] as const;

export type EraChoice = 'auto' | Era;

export class AuthHeaderBody {
  @ApiProperty()
  @IsPlainText(128, { lengthMin: 1 })
  key!: string;

  @ApiProperty({ writeOnly: true })
  @IsPlainText(8192)
  value!: string;
}

@NotSupported({
  authHeaderKey: null,
  authHeaderValue: null,
  authValue: null,
  caCertificateSig: null,
  gatewayMode: 'cache',
  identityPropagation: null,
  oneTimeAuth: false,
  ownerEmail: null,
  refreshIntervalSeconds: null,
  signingAlgorithm: 'ed25519',
})
export class RegisterGatewayBody extends TlsBody {
  @ApiProperty({ description: 'Unique. Its slug begins the names of the tools unless `toolPrefix` is given.' })
  @IsName()
  name!: string;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description: 'Unique: a-z, 0-9 and single dashes. Default: made from the name.',
  })
  @IsOptional()
  @IsPlainText(64, { lengthMin: 1 })
  @Matches(SLUG, { message: 'slug must be of a-z, 0-9 and single dashes between them' })
  slug?: string | null;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description:
      'Where the server is reached, for every transport but STDIO: an http or https URL, or connector://NAME for one behind connectors.',
  })
  @IsOptional()
  @IsUrlText()
  url?: string | null;

  @Addresses(
    'Where else the same server is reached, with the same credential, for what is reached by a URL: what could not be sent to one goes to the next; a session, a task and a stream stay where they were begun. OPENAPI: base URLs; A2A: where messages go.',
  )
  addresses?: AddressBody[] | null;

  @ApiPropertyOptional({
    enum: [...REGISTERED, 'AUTO'],
    default: 'AUTO',
    description:
      'OPENAPI: no MCP server but an HTTP API; `openapi` says where its document is. GRPC: a gRPC server; see `grpc`. A2A: an agent, whose card is found at its `url`; see `a2a`.',
  })
  @IsOptional()
  @IsIn([...REGISTERED, 'AUTO'])
  transport?: UpstreamTransport | 'AUTO';

  @ApiPropertyOptional({
    type: OpenApiBody,
    description: 'OPENAPI: the document, and which of its operations become tools. What an update leaves out stays.',
  })
  @IsOptional()
  @ValidateNested()
  @Type(() => OpenApiBody)
  openapi?: OpenApiBody;

  @ApiPropertyOptional({
    type: GrpcBody,
    description:
      'GRPC: how the server is read, and which of its services become tools. What an update leaves out stays.',
  })
  @IsOptional()
  @ValidateNested()
  @Type(() => GrpcBody)
  grpc?: GrpcBody;

  @ApiPropertyOptional({
    type: A2aBody,
    description: 'A2A: how the agent is spoken to, if not as its card says. What an update leaves out stays.',
  })
  @IsOptional()
  @ValidateNested()
  @Type(() => A2aBody)
  a2a?: A2aBody;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description: 'STDIO: the program to run. No shell is involved.',
  })
  @IsOptional()
  @IsPlainText(1024, { lengthMin: 1 })
  command?: string | null;

  @ApiPropertyOptional({ type: [String] })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(256)
  @IsPlainText(8192, { each: true })
  args?: string[];

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description: 'STDIO: the folder that the program is started in, from the root. Default: one of its own.',
  })
  @IsOptional()
  @IsPlainText(4096, { lengthMin: 1 })
  @Matches(/^\//, { message: 'cwd must be a path from the root' })
  cwd?: string | null;

  @ApiPropertyOptional({
    description: 'STDIO: environment variables. Kept encrypted; answers show their names alone.',
    type: 'object',
    additionalProperties: { type: 'string' },
  })
  @IsOptional()
  @IsObject()
  env?: Record<string, unknown>;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description:
      "What the names of tools and prompts begin with, in place of the slug and a dash. Empty: the upstream's own names.",
  })
  @IsOptional()
  @Matches(TOOL_PREFIX, { message: 'toolPrefix must be at most 64 characters of A-Z a-z 0-9 _ . -' })
  toolPrefix?: string | null;

  @ApiPropertyOptional({
    enum: TOOL_NAME_STYLES,
    description:
      'How the names of tools and prompts are spelt behind the prefix: as the server has them, as ContextForge does, in lower case with dashes, or (`fitted`) of A-Z a-z 0-9 _ - and with at most 64 characters in all, which the models of every client take: a name that had to be changed ends in a digest of what it was. Default: TOOL_NAME_STYLE as it is when the gateway is registered.',
  })
  @IsOptional()
  @IsIn(TOOL_NAME_STYLES)
  toolNameStyle?: ToolNameStyle;

  @ApiPropertyOptional({
    enum: AUTH_TYPES,
    nullable: true,
    default: 'none',
    description: 'query_param: a key in the query of every request. oauth: an access token, as `oauthConfig` says.',
  })
  @IsOptional()
  @IsIn(AUTH_TYPES)
  authType?: AuthType;

  @ApiPropertyOptional({ type: String, nullable: true, writeOnly: true })
  @IsOptional()
  @IsPlainText(16_384, { lengthMin: 1 })
  authToken?: string;

  @ApiPropertyOptional({ type: String, nullable: true })
  @IsOptional()
  @IsPlainText(255)
  authUsername?: string;

  @ApiPropertyOptional({ type: String, nullable: true, writeOnly: true })
  @IsOptional()
  @IsPlainText(1024)
  authPassword?: string;

  @ApiPropertyOptional({ type: [AuthHeaderBody], nullable: true })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(50)
  @ValidateNested({ each: true })
  @Type(() => AuthHeaderBody)
  authHeaders?: AuthHeaderBody[];

  @ApiPropertyOptional({ type: String, nullable: true, description: 'For authType "query_param": its name.' })
  @IsOptional()
  @IsPlainText(128, { lengthMin: 1 })
  authQueryParamKey?: string;

  @ApiPropertyOptional({ type: String, nullable: true, writeOnly: true })
  @IsOptional()
  @IsPlainText(4096, { lengthMin: 1 })
  authQueryParamValue?: string;

  @ApiPropertyOptional({ type: OAuthConfigBody, nullable: true, description: 'For authType "oauth".' })
  @IsOptional()
  @ValidateNested()
  @Type(() => OAuthConfigBody)
  oauthConfig?: OAuthConfigBody | null;

  @ApiPropertyOptional({
    type: [String],
    nullable: true,
    maxItems: PASSED_HEADERS_MAX,
    description:
      'Headers that go on to the server from the requests of its callers, with ENABLE_HEADER_PASSTHROUGH; not for STDIO. `X-Upstream-Authorization` becomes its `Authorization`, in place of the one that is kept for it. Empty: none. Null: DEFAULT_PASSTHROUGH_HEADERS.',
  })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(PASSED_HEADERS_MAX)
  @IsPlainText(128, { each: true, lengthMin: 1 })
  passthroughHeaders?: readonly string[] | null;

  @ApiPropertyOptional({
    type: Number,
    nullable: true,
    description: 'Milliseconds a call may take in all, in place of TOOL_TIMEOUT; at most a day.',
  })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(DAY_MS)
  timeoutMs?: number | null;

  @ApiPropertyOptional({ type: Number, nullable: true, description: 'Calls at once, per instance of the gateway.' })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(100_000)
  concurrencyMax?: number | null;

  @ApiPropertyOptional({
    enum: ['shared', 'principal', 'client'],
    nullable: true,
    description:
      'With whom a session at the server is shared. `client`: with nobody, for servers that remember what a client does; when such a session is lost, its client is told. Default: `principal` for STDIO, else `shared`.',
  })
  @IsOptional()
  @IsIn(['shared', 'principal', 'client'])
  sessionScope?: SessionScope | null;

  @ApiPropertyOptional({
    enum: ERA_CHOICES,
    default: 'auto',
    description:
      'In which era the server is spoken to. `auto`: in that of the client, where it speaks both; else in its own. `modern`: in 2026-07-28 alone, `legacy`: in sessions alone, whatever its clients speak. Not for HTTP APIs.',
  })
  @IsOptional()
  @IsIn(ERA_CHOICES)
  era?: EraChoice;

  @ApiPropertyOptional({
    type: Number,
    nullable: true,
    description:
      'How long what the server lists is good, in place of its own `ttlMs`. Servers before 2026-07-28 have none, so their lists are good for 0 ms.',
  })
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(DAY_MS)
  listTtlMs?: number | null;

  @ApiPropertyOptional({
    enum: ['public', 'private'],
    nullable: true,
    description:
      'Whether what the server lists is the same for everybody, in place of its own `cacheScope`. Servers before 2026-07-28 have none, so their lists are `private`.',
  })
  @IsOptional()
  @IsIn(['public', 'private'])
  listCacheScope?: CacheHint['cacheScope'] | null;

  @ApiPropertyOptional({
    enum: NEW_TOOLS,
    nullable: true,
    description:
      'Whether tools that the server offers only after it was registered may be called at once; `disabled`: somebody enables each. Default: `enabled` for the visibility `private`, else as NEW_TOOLS.',
  })
  @IsOptional()
  @IsIn(NEW_TOOLS)
  newTools?: NewTools | null;

  @ApiPropertyOptional({
    enum: CHANGE_POLICIES,
    nullable: true,
    description:
      'What becomes of changes of its tools. `accept`: they are served at once; `hold_text_and_breaking`: changed texts, hidden characters and what breaks calls wait for somebody with `changes.approve`; `hold_all`: every change does, new tools too. Until then the version that was approved last is served. Letting more through needs `changes.approve`. Default: TOOL_CHANGES.',
  })
  @IsOptional()
  @IsIn(CHANGE_POLICIES)
  changes?: ChangePolicy | null;

  @ApiPropertyOptional({
    default: false,
    description:
      'Whether a server that cannot be reached is registered all the same: disabled, with the reason in `lastError`. Enabling it tries again. Not for HTTP APIs.',
  })
  @IsOptional()
  @IsBoolean()
  keepUnreachable?: boolean;
}

/** What is left out stays as it is; so does a secret that comes back as the mask it was shown as. */
@MayRepeat({
  views: [GatewayView],
  observed: [
    'reachable',
    'unreachableSince',
    'unreachableReason',
    'addressStandings',
    'era',
    'protocolVersion',
    'peer',
    'serverInfo',
    'capabilities',
    'toolCount',
    'promptCount',
    'resourceCount',
    'resourceTemplateCount',
    'refused',
    'warnings',
    'findings',
    'lastError',
    'createdAt',
    'updatedAt',
    'lastRefreshAt',
    'certificates',
  ],
})
export class UpdateGatewayBody extends PartialType(OmitType(RegisterGatewayBody, ['keepUnreachable'])) {}
