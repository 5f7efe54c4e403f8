import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { Principal } from '#contracts/auth/principal';
import { MASK, maskArguments, splitQuery } from '#contracts/auth/upstream-secrets.rules';
import {
  type CacheHint,
  ERAS,
  type Era,
  type SessionScope,
  VISIBILITIES,
  type Visibility,
} from '#contracts/registry/catalog';
import {
  type AgentAddress,
  UPSTREAM_TRANSPORTS,
  type UpstreamAddress,
  type UpstreamTransport,
} from '#contracts/registry/resolve-upstream.request';
import type { AddressStanding } from '#contracts/tool-invocation/health/check-upstream.request';
import type { EntrySummary } from '../entries/gateway-entries.service.js';
import { type ListFinding, ListFindingView } from '../entries/list-findings.js';
import { TOOL_NAME_STYLES, type ToolNameStyle } from '../entries/names/naming.js';
import { PEER_KINDS, type PeerKind, peerKindOf } from '../entries/names/peer-kind.js';
import type { A2aSource } from '../sources/a2a/a2a-source.js';
import type { GrpcSource } from '../sources/grpc/grpc-source.js';
import type { ReadSource } from '../sources/read-source.js';
import { canChange, ownerShownTo } from '../rest/ownership.js';
import { AddressStandingView, AddressView } from './addresses/address.view.js';
import { originOf } from './addresses/origin.js';
import { AUTH_TYPES, type AuthType, type GatewayEntity, type RefusedEntry } from './gateway.entity.js';
import { OAuthConfigView } from './consent/oauth-config.view.js';
import { CHANGE_POLICIES, type ChangePolicy } from '../entries/ledger/change-policy.js';
import { NEW_TOOLS, type NewTools } from './new-tools.js';
import { sessionScopeOf } from './profile.js';
import { RefusedEntryView } from './federation/refused-entry.view.js';
import { TlsView, tlsMembers } from './tls/tls.view.js';

const OPTIONAL_TEXT = { type: String, nullable: true } as const;
const OPTIONAL_INTEGER = { type: 'integer', nullable: true } as const;
const ANY_JSON = { type: 'object', additionalProperties: true } as const;
const TO_CHANGERS = 'Only for those who may change the gateway.';

class AuthHeaderView {
  @ApiProperty({ type: String })
  readonly key!: string;

  @ApiProperty({ enum: [MASK] })
  readonly value!: string;
}

/** A gateway as REST shows it. How it is started and what it is shown is for those who may change it. */
export class GatewayView extends TlsView {
  @ApiProperty({ type: String })
  readonly id: string;

  @ApiProperty({ type: String })
  readonly name: string;

  @ApiProperty({
    type: String,
    description: 'Given, or made from the name; begins the names of tools unless `toolPrefix` does.',
  })
  readonly slug: string;

  @ApiProperty({
    ...OPTIONAL_TEXT,
    description:
      'Null for STDIO. Values of its query are masked; who may not change the gateway sees where it is alone.',
  })
  readonly url: string | null;

  @ApiProperty({
    type: [AddressView],
    description: 'Where else the same server is reached; who may not change the gateway sees origins alone.',
  })
  readonly addresses: readonly UpstreamAddress[];

  @ApiProperty(OPTIONAL_TEXT)
  readonly description: string | null;

  @ApiProperty({ enum: UPSTREAM_TRANSPORTS })
  readonly transport: UpstreamTransport;

  @ApiPropertyOptional({ ...OPTIONAL_TEXT, description: `STDIO: the program. ${TO_CHANGERS}` })
  readonly command?: string | null;

  @ApiPropertyOptional({ type: [String], description: `What looks like a secret is masked. ${TO_CHANGERS}` })
  readonly args?: readonly string[];

  @ApiPropertyOptional({ ...OPTIONAL_TEXT, description: `STDIO: the folder it is started in. ${TO_CHANGERS}` })
  readonly cwd?: string | null;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: { type: 'string', enum: [MASK] },
    description: `STDIO: the names of environment variables, each with a mask for its value. ${TO_CHANGERS}`,
  })
  readonly env?: Readonly<Record<string, string>>;

  @ApiPropertyOptional({
    ...ANY_JSON,
    nullable: true,
    description: `OPENAPI: where the document is, and which of its operations are wanted. ${TO_CHANGERS}`,
  })
  readonly openapi?: ReadSource | null;

  @ApiPropertyOptional({
    ...ANY_JSON,
    nullable: true,
    description: `GRPC: how the server was read, and which of its services are wanted. ${TO_CHANGERS}`,
  })
  readonly grpc?: GrpcSource | null;

  @ApiPropertyOptional({
    ...ANY_JSON,
    nullable: true,
    description: `A2A: how the agent is spoken to, if not as its card says. ${TO_CHANGERS}`,
  })
  readonly a2a?: A2aSource | null;

  @ApiPropertyOptional({
    ...ANY_JSON,
    nullable: true,
    description: `A2A: where the agent takes messages, in which version, and whether it streams. ${TO_CHANGERS}`,
  })
  readonly agent?: AgentAddress | null;

  @ApiPropertyOptional({ type: [String], description: `What had better be otherwise. ${TO_CHANGERS}` })
  readonly warnings?: readonly string[];

  @ApiPropertyOptional({ enum: AUTH_TYPES, description: TO_CHANGERS })
  readonly authType?: AuthType;

  @ApiPropertyOptional({ enum: [MASK], description: `For authType "bearer". ${TO_CHANGERS}` })
  readonly authToken?: string;

  @ApiPropertyOptional({ ...OPTIONAL_TEXT, description: `For authType "basic". ${TO_CHANGERS}` })
  readonly authUsername?: string | null;

  @ApiPropertyOptional({ enum: [MASK], description: `For authType "basic". ${TO_CHANGERS}` })
  readonly authPassword?: string;

  @ApiPropertyOptional({ type: [AuthHeaderView], description: `For authType "authheaders". ${TO_CHANGERS}` })
  readonly authHeaders?: readonly AuthHeaderView[];

  @ApiPropertyOptional({ type: String, description: `For authType "query_param". ${TO_CHANGERS}` })
  readonly authQueryParamKey?: string;

  @ApiPropertyOptional({ enum: [MASK], description: `For authType "query_param". ${TO_CHANGERS}` })
  readonly authQueryParamValue?: string;

  @ApiPropertyOptional({ type: OAuthConfigView, description: `For authType "oauth". ${TO_CHANGERS}` })
  readonly oauthConfig?: OAuthConfigView;

  @ApiPropertyOptional({
    ...OPTIONAL_TEXT,
    description: `Why it could not be reached when it was registered; null once it has been. ${TO_CHANGERS}`,
  })
  readonly lastError?: string | null;

  @ApiProperty(OPTIONAL_TEXT)
  readonly toolPrefix: string | null;

  @ApiProperty({ enum: TOOL_NAME_STYLES })
  readonly toolNameStyle: ToolNameStyle;

  @ApiProperty({
    type: [String],
    nullable: true,
    description: 'Headers of its callers that go on to it; null: those of DEFAULT_PASSTHROUGH_HEADERS.',
  })
  readonly passthroughHeaders: readonly string[] | null;

  @ApiProperty(OPTIONAL_INTEGER)
  readonly timeoutMs: number | null;

  @ApiProperty(OPTIONAL_INTEGER)
  readonly concurrencyMax: number | null;

  @ApiProperty({ enum: ['shared', 'principal', 'client'] })
  readonly sessionScope: SessionScope;

  @ApiProperty(OPTIONAL_INTEGER)
  readonly listTtlMs: number | null;

  @ApiProperty({ enum: ['public', 'private'], nullable: true })
  readonly listCacheScope: CacheHint['cacheScope'] | null;

  @ApiProperty({
    enum: NEW_TOOLS,
    nullable: true,
    description: 'What becomes of tools that it offers later; null: as its visibility and NEW_TOOLS have it.',
  })
  readonly newTools: NewTools | null;

  @ApiProperty({
    enum: CHANGE_POLICIES,
    nullable: true,
    description: 'What becomes of changes of its tools; null: as TOOL_CHANGES has it.',
  })
  readonly changes: ChangePolicy | null;

  @ApiProperty({ type: Boolean })
  readonly enabled: boolean;

  @ApiProperty({
    type: Boolean,
    description:
      'Whether it is there, as far as is known: it was when it was last listed, and has not failed UNHEALTHY_THRESHOLD checks since.',
  })
  readonly reachable: boolean;

  @ApiProperty({ type: Date, nullable: true, description: 'Since when it is not reachable; null while it is.' })
  readonly unreachableSince: Date | null;

  @ApiPropertyOptional({ ...OPTIONAL_TEXT, description: `Why it is not reachable; null while it is. ${TO_CHANGERS}` })
  readonly unreachableReason?: string | null;

  @ApiPropertyOptional({
    type: [AddressStandingView],
    description: `How each of several addresses was found when it was last looked at. ${TO_CHANGERS}`,
  })
  readonly addressStandings?: readonly AddressStanding[];

  @ApiProperty({ enum: ['auto', ...ERAS], description: 'In which era it is spoken to; `auto`: see `eras`.' })
  readonly era: 'auto' | Era;

  @ApiProperty({
    enum: ERAS,
    isArray: true,
    description:
      'The eras in which it was found to be spoken to. Modern: MCP 2026-07-28 and later; legacy: before that, in sessions. With both, each client is served in its own.',
  })
  readonly eras: readonly Era[];

  @ApiProperty({ type: String, description: 'The newest that it speaks.' })
  readonly protocolVersion: string;

  @ApiProperty({
    enum: PEER_KINDS,
    nullable: true,
    description:
      'The kind of gateway that it says it is; null: none that is known. The slug is not put before a name of its tools that begins with it.',
  })
  readonly peer: PeerKind | null;

  @ApiProperty(ANY_JSON)
  readonly serverInfo: Readonly<Record<string, unknown>>;

  @ApiProperty(ANY_JSON)
  readonly capabilities: Readonly<Record<string, unknown>>;

  @ApiProperty({ type: 'integer' })
  readonly toolCount: number;

  @ApiProperty({ type: 'integer' })
  readonly promptCount: number;

  @ApiProperty({ type: 'integer' })
  readonly resourceCount: number;

  @ApiProperty({ type: 'integer' })
  readonly resourceTemplateCount: number;

  @ApiProperty({
    type: [RefusedEntryView],
    description: 'What the upstream offers that is not shown, or not as it is, and why; no name: of the list itself.',
  })
  readonly refused: readonly RefusedEntry[];

  @ApiProperty({ type: [ListFindingView], description: 'What clients may trip over in its lists.' })
  readonly findings: readonly ListFinding[];

  @ApiProperty({ type: [String] })
  readonly tags: readonly string[];

  @ApiProperty({ enum: VISIBILITIES })
  readonly visibility: Visibility;

  @ApiProperty(OPTIONAL_TEXT)
  readonly teamId: string | null;

  @ApiProperty({ ...OPTIONAL_TEXT, description: 'Null for those who may not change it.' })
  readonly ownerEmail: string | null;

  @ApiProperty({ type: Date })
  readonly createdAt: Date;

  @ApiProperty({ type: Date })
  readonly updatedAt: Date;

  @ApiProperty({ type: Date })
  readonly lastRefreshAt: Date;

  constructor(gateway: GatewayEntity, { counts, findings }: EntrySummary, principal: Principal) {
    super();
    this.id = gateway.id;
    this.name = gateway.name;
    this.slug = gateway.slug;
    this.url = gateway.url === null ? null : originOf(gateway.url);
    this.addresses = gateway.addresses.map((address) => ({ ...address, url: new URL(address.url).origin }));
    this.description = gateway.description;
    this.transport = gateway.transport;
    if (canChange(principal, gateway)) Object.assign(this, connectionMembers(gateway));
    this.toolPrefix = gateway.toolPrefix;
    this.toolNameStyle = gateway.toolNameStyle;
    this.passthroughHeaders = gateway.passthroughHeaders;
    this.timeoutMs = gateway.timeoutMs;
    this.concurrencyMax = gateway.concurrencyMax;
    this.sessionScope = sessionScopeOf(gateway);
    this.listTtlMs = gateway.listTtlMs;
    this.listCacheScope = gateway.listCacheScope;
    this.newTools = gateway.newTools;
    this.changes = gateway.changePolicy;
    this.enabled = gateway.enabled;
    this.reachable = gateway.reachable;
    this.unreachableSince = gateway.reachable ? null : gateway.failingSince;
    this.era = gateway.onlyEra ?? 'auto';
    this.eras = gateway.legacy === null ? [gateway.era] : ERAS;
    this.protocolVersion = gateway.protocolVersion;
    this.peer = peerKindOf(gateway.serverInfo);
    this.serverInfo = gateway.serverInfo;
    this.capabilities = gateway.capabilities;
    this.toolCount = counts.tool;
    this.promptCount = counts.prompt;
    this.resourceCount = counts.resource;
    this.resourceTemplateCount = counts.template;
    this.refused = gateway.refused;
    this.findings = findings;
    this.tags = gateway.tags;
    this.visibility = gateway.visibility;
    this.teamId = gateway.teamId;
    this.ownerEmail = ownerShownTo(principal, gateway);
    this.createdAt = gateway.createdAt;
    this.updatedAt = gateway.updatedAt;
    this.lastRefreshAt = gateway.refreshedAt;
  }
}

type ConnectionMembers = Pick<
  GatewayView,
  | keyof TlsView
  | 'url'
  | 'addresses'
  | 'addressStandings'
  | 'command'
  | 'args'
  | 'cwd'
  | 'env'
  | 'openapi'
  | 'grpc'
  | 'a2a'
  | 'agent'
  | 'warnings'
  | 'authType'
  | 'authToken'
  | 'authUsername'
  | 'authPassword'
  | 'authHeaders'
  | 'authQueryParamKey'
  | 'authQueryParamValue'
  | 'oauthConfig'
  | 'lastError'
  | 'unreachableReason'
>;

const ARGUMENTS_ARE_SEEN =
  'args hold what looks like a secret, which everybody on its machine can read in the list of processes; give it in env where the program takes it from there';

const shownSource = (source: ReadSource): ReadSource =>
  source.documentUrl === null ? source : { ...source, documentUrl: splitQuery(source.documentUrl).shown };

/** A mask stands for every secret; sent back, it means "as it was". */
const connectionMembers = (gateway: GatewayEntity): ConnectionMembers => {
  const { url, command, args, cwd, source, grpcSource, a2aSource, agent, credentialShape, lastError } = gateway;
  const { authType, username, headerNames, envNames, queryName, oauth, tls } = credentialShape;
  const shownArgs = maskArguments(args);
  return {
    url: url === null ? null : splitQuery(url).shown,
    addresses: gateway.addresses,
    ...(gateway.addresses.length > 0 && { addressStandings: gateway.addressStandings }),
    command,
    args: shownArgs,
    warnings: shownArgs.some((arg) => arg.includes(MASK)) ? [ARGUMENTS_ARE_SEEN] : [],
    cwd,
    env: Object.fromEntries(envNames.map((name) => [name, MASK])),
    ...(source !== null && { openapi: shownSource(source) }),
    ...(grpcSource !== null && { grpc: grpcSource }),
    ...(a2aSource !== null && { a2a: a2aSource, agent }),
    lastError,
    unreachableReason: gateway.reachable ? null : gateway.failingReason,
    authType,
    ...tlsMembers(tls),
    ...(authType === 'bearer' && { authToken: MASK }),
    ...(authType === 'basic' && { authUsername: username, authPassword: MASK }),
    ...(queryName !== undefined && { authQueryParamKey: queryName, authQueryParamValue: MASK }),
    ...(oauth !== undefined && { oauthConfig: new OAuthConfigView(oauth) }),
    ...(authType === 'authheaders' && { authHeaders: headerNames.map((key) => ({ key, value: MASK })) }),
  };
};
