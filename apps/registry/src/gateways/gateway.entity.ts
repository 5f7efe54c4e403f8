import { Column, Entity } from 'typeorm';
import type { TlsShape } from '#contracts/auth/tls/upstream-tls.rules';
import type { ShownOAuthClient } from '#contracts/auth/oauth/oauth-client';
import type { CacheHint, Era, SessionScope } from '#contracts/registry/catalog';
import type { AgentAddress, UpstreamAddress, UpstreamTransport } from '#contracts/registry/resolve-upstream.request';
import type { AddressStanding } from '#contracts/tool-invocation/health/check-upstream.request';
import type { DiscoveredOffer, DiscoveredUpstream } from '#contracts/tool-invocation/discover-upstream.request';
import type { ToolNameStyle } from '../entries/names/naming.js';
import type { ReadSource } from '../sources/read-source.js';
import type { A2aSource } from '../sources/a2a/a2a-source.js';
import type { GrpcSource } from '../sources/grpc/grpc-source.js';
import type { ChangePolicy } from '../entries/ledger/change-policy.js';
import type { NewTools } from './new-tools.js';
import { OwnedEntity } from '../storage/owned.entity.js';

export const AUTH_TYPES = ['none', 'bearer', 'basic', 'authheaders', 'query_param', 'oauth'] as const;

export type AuthType = (typeof AUTH_TYPES)[number];

/** What may be told of a credential that auth keeps: its kind and its names, never a value. */
export interface CredentialShape {
  readonly authType: AuthType;
  readonly username: string | null;
  readonly headerNames: readonly string[];
  readonly envNames: readonly string[];
  /** For `query_param`. */
  readonly queryName?: string;
  /** For `oauth`. */
  readonly oauth?: ShownOAuthClient;
  readonly tls?: TlsShape;
  /** It also holds parts of the address: a query of a URL, or arguments. What is stored of those is masked. */
  readonly sealsAddress?: boolean;
}

/** Something an upstream offers that is not shown, and why. */
export interface RefusedEntry {
  readonly list: string;
  readonly name: string;
  readonly reason: string;
}

/** What an upstream says of itself in one era. */
export type SelfDescription = Pick<DiscoveredOffer, 'protocolVersion' | 'serverInfo' | 'capabilities' | 'instructions'>;

@Entity({ schema: 'registry', name: 'gateway' })
export class GatewayEntity extends OwnedEntity {
  @Column({ type: 'text' })
  slug!: string;

  /** Whether the last attempt to list what it offers succeeded. */
  @Column({ type: 'boolean' })
  reachable!: boolean;

  /** In a row, since it answered last. */
  @Column({ type: 'integer' })
  checkFailures!: number;

  /** When it failed first since it answered last; null: it answered when it was last asked. */
  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  failingSince!: Date | null;

  /** Why it failed last, in words for an operator. */
  @Column({ type: 'text', nullable: true })
  failingReason!: string | null;

  @Column({ type: 'text' })
  transport!: UpstreamTransport;

  @Column({ type: 'text', nullable: true })
  url!: string | null;

  /** Where else the same server is reached; none of them holds a query. */
  @Column({ type: 'simple-json' })
  addresses!: UpstreamAddress[];

  /** How each address was found when it was last looked at; none where there is one alone. */
  @Column({ type: 'simple-json' })
  addressStandings!: AddressStanding[];

  @Column({ type: 'text', nullable: true })
  command!: string | null;

  @Column({ type: 'simple-json' })
  args!: string[];

  /** STDIO: the folder it is started in; null: one of its own. */
  @Column({ type: 'text', nullable: true })
  cwd!: string | null;

  /** OPENAPI: where the document is and what of it is wanted. */
  @Column({ type: 'simple-json', nullable: true })
  source!: ReadSource | null;

  /** GRPC: how it was read. */
  @Column({ type: 'simple-json', nullable: true })
  grpcSource!: GrpcSource | null;

  /** A2A: how it was read. */
  @Column({ type: 'simple-json', nullable: true })
  a2aSource!: A2aSource | null;

  /** A2A: where it takes messages; null: its card has never been read. */
  @Column({ type: 'simple-json', nullable: true })
  agent!: AgentAddress | null;

  /** OPENAPI, REST, GRPC, A2A and OWN: changes whenever a tool would be called in another way, or it holds something else. */
  @Column({ type: 'text', nullable: true })
  sourceVersion!: string | null;

  @Column({ type: 'simple-json' })
  credentialShape!: CredentialShape;

  @Column({ type: 'text', nullable: true })
  toolPrefix!: string | null;

  @Column({ type: 'text' })
  toolNameStyle!: ToolNameStyle;

  @Column({ type: 'integer', nullable: true })
  timeoutMs!: number | null;

  @Column({ type: 'integer', nullable: true })
  concurrencyMax!: number | null;

  /** Headers of clients that go on to it; null: those of DEFAULT_PASSTHROUGH_HEADERS. */
  @Column({ type: 'simple-json', nullable: true })
  passthroughHeaders!: readonly string[] | null;

  /** Null: as the transport has it. */
  @Column({ type: 'text', nullable: true })
  sessionScope!: SessionScope | null;

  /** The one in which it is to be spoken to; null: that of its client, where it speaks both. */
  @Column({ type: 'text', nullable: true })
  onlyEra!: Era | null;

  /** The newest that it was found to speak. */
  @Column({ type: 'text' })
  era!: Era;

  /** What it is to clients with sessions, where it speaks both. */
  @Column({ type: 'simple-json', nullable: true })
  legacy!: SelfDescription | null;

  @Column({ type: 'text' })
  protocolVersion!: string;

  @Column({ type: 'simple-json' })
  serverInfo!: Record<string, unknown>;

  @Column({ type: 'simple-json' })
  capabilities!: Record<string, unknown>;

  @Column({ type: 'text', nullable: true })
  instructions!: string | null;

  @Column({ type: 'simple-json' })
  refused!: RefusedEntry[];

  /** What the upstream said of how long its lists are good. */
  @Column({ type: 'simple-json' })
  hints!: NonNullable<DiscoveredUpstream['hints']>;

  /** What counts instead; null: what it said. */
  @Column({ type: 'integer', nullable: true })
  listTtlMs!: number | null;

  @Column({ type: 'text', nullable: true })
  listCacheScope!: CacheHint['cacheScope'] | null;

  /** Null: as its visibility has it. */
  @Column({ type: 'text', nullable: true })
  newTools!: NewTools | null;

  /** What becomes of changes of its tools; null: as the setting has it. */
  @Column({ type: 'text', nullable: true })
  changePolicy!: ChangePolicy | null;

  @Column({ type: 'timestamptz', precision: 3 })
  refreshedAt!: Date;

  /** Why it could not be reached when it was registered, in words for an operator. Null: it has been. */
  @Column({ type: 'text', nullable: true })
  lastError!: string | null;
}
