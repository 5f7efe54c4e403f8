import { ApiProperty } from '@nestjs/swagger';
import type { ReplyOf } from '#contracts/define';
import type { Era } from '#contracts/registry/catalog';
import type { GreetUpstream } from '#contracts/tool-invocation/greet-upstream.request';
import type { FailureCode } from '#libs/errors';
import type { EntryGatewayEntity } from '../../entries/entry.entity.js';
import type { EntryKind } from '../../storage/entry-kind.js';
import type { ServerEntity } from '../server.entity.js';

/** What came of greeting one upstream; neither answer nor failure where it is disabled. */
export interface HandshakeOutcome {
  readonly gateway: Pick<EntryGatewayEntity, 'id' | 'name' | 'enabled'>;
  readonly elapsedMs: number;
  readonly failure: { readonly code: FailureCode; readonly message: string } | null;
  readonly answer: ReplyOf<typeof GreetUpstream> | null;
}

const FAILURE_CLASSES = ['transport', 'protocol', 'auth', 'invalid_response'] as const;
type FailureClass = (typeof FAILURE_CLASSES)[number];

const CLASS_OF: Readonly<Partial<Record<FailureCode, FailureClass>>> = {
  'upstream.unauthorised': 'auth',
  'upstream.not_mcp': 'protocol',
  'upstream.invalid_answer': 'invalid_response',
};

const OPTIONAL_TEXT = { type: String, nullable: true } as const;
const COUNT = { type: 'integer', minimum: 0 } as const;

class ComponentCountsView {
  @ApiProperty(COUNT)
  readonly tools!: number;

  @ApiProperty({ ...COUNT, description: 'And resource templates.' })
  readonly resources!: number;

  @ApiProperty(COUNT)
  readonly prompts!: number;
}

/** One upstream, as it answered. */
class UpstreamHandshakeView {
  @ApiProperty({ type: String })
  readonly gatewayId: string;

  @ApiProperty({ type: String })
  readonly gatewayName: string;

  @ApiProperty({ type: Boolean, description: 'False: it was not greeted, and nothing of it is shown.' })
  readonly enabled: boolean;

  @ApiProperty({ type: Boolean })
  readonly success: boolean;

  @ApiProperty(COUNT)
  readonly latencyMs: number;

  @ApiProperty({ enum: ['modern', 'legacy'], nullable: true })
  readonly era: Era | null;

  @ApiProperty({ enum: ['server_discover', 'initialize'], nullable: true, description: 'What it answered.' })
  readonly negotiationPath: 'server_discover' | 'initialize' | null;

  @ApiProperty(OPTIONAL_TEXT)
  readonly protocolVersion: string | null;

  @ApiProperty(OPTIONAL_TEXT)
  readonly serverName: string | null;

  @ApiProperty(OPTIONAL_TEXT)
  readonly serverVersion: string | null;

  @ApiProperty({ type: 'object', additionalProperties: true, nullable: true })
  readonly capabilities: Readonly<Record<string, unknown>> | null;

  @ApiProperty({
    enum: ['stored', 'none'],
    nullable: true,
    description: 'Whether it was shown the credential that is kept for it; null where it did not answer.',
  })
  readonly credentialSource: 'stored' | 'none' | null;

  @ApiProperty({ enum: FAILURE_CLASSES, nullable: true })
  readonly failureClass: FailureClass | null;

  @ApiProperty({ ...OPTIONAL_TEXT, description: 'Why not; whoever may change the gateway is told the reason too.' })
  readonly error: string | null;

  constructor({ gateway, elapsedMs, failure, answer }: HandshakeOutcome) {
    const { era = null, protocolVersion = null, serverInfo = {}, capabilities = null } = answer?.greeting ?? {};
    this.gatewayId = gateway.id;
    this.gatewayName = gateway.name;
    this.enabled = gateway.enabled;
    this.success = answer !== null;
    this.latencyMs = elapsedMs;
    this.era = era;
    this.negotiationPath = era && (era === 'modern' ? 'server_discover' : 'initialize');
    this.protocolVersion = protocolVersion;
    this.serverName = textOf(serverInfo['name']);
    this.serverVersion = textOf(serverInfo['version']);
    this.capabilities = capabilities;
    this.credentialSource = answer && (answer.hasCredential ? 'stored' : 'none');
    this.failureClass = failure && (CLASS_OF[failure.code] ?? 'transport');
    this.error = failure?.message ?? (gateway.enabled ? null : 'The gateway is disabled');
  }
}

/** How the upstreams of a virtual server answered. */
export class ServerHandshakeView {
  @ApiProperty({ type: String })
  readonly serverId: string;

  @ApiProperty({ type: Boolean, description: 'It is enabled, and every upstream of it that is enabled answered.' })
  readonly success: boolean;

  @ApiProperty({ ...COUNT, description: 'Of the slowest.' })
  readonly latencyMs: number;

  @ApiProperty({ type: ComponentCountsView, description: 'What it shows to the caller.' })
  readonly componentCounts: ComponentCountsView;

  @ApiProperty({ enum: [false], description: 'The counts are whole.' })
  readonly countsPartial = false;

  @ApiProperty({ enum: FAILURE_CLASSES, nullable: true, description: 'Of the first that did not answer.' })
  readonly failureClass: FailureClass | null;

  @ApiProperty({ ...OPTIONAL_TEXT, description: 'What keeps it from working; the first reason.' })
  readonly error: string | null;

  @ApiProperty({ type: [UpstreamHandshakeView] })
  readonly upstreams: readonly UpstreamHandshakeView[];

  constructor(
    server: Pick<ServerEntity, 'id' | 'enabled'>,
    outcomes: readonly HandshakeOutcome[],
    shown: readonly { readonly kind: EntryKind }[],
  ) {
    const countOf = (...kinds: EntryKind[]): number => shown.filter(({ kind }) => kinds.includes(kind)).length;
    this.serverId = server.id;
    this.upstreams = outcomes.map((outcome) => new UpstreamHandshakeView(outcome));
    const failed = this.upstreams.find(({ enabled, success }) => enabled && !success);
    this.success = server.enabled && failed === undefined;
    this.latencyMs = Math.max(0, ...this.upstreams.map(({ latencyMs }) => latencyMs));
    this.componentCounts = {
      tools: countOf('tool'),
      resources: countOf('resource', 'template'),
      prompts: countOf('prompt'),
    };
    this.failureClass = failed?.failureClass ?? null;
    this.error = server.enabled ? (failed?.error ?? null) : 'The virtual server is disabled';
  }
}

const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null);

export const HANDSHAKE_EXAMPLE: ServerHandshakeView = {
  serverId: '3b2a1c0d9e8f7a6b5c4d3e2f1a0b9c8d',
  success: true,
  latencyMs: 38,
  componentCounts: { tools: 1, resources: 0, prompts: 0 },
  countsPartial: false,
  failureClass: null,
  error: null,
  upstreams: [
    {
      gatewayId: '0c9e8d7b6a5f4e3d2c1b0a9f8e7d6c5b',
      gatewayName: 'Weather',
      enabled: true,
      success: true,
      latencyMs: 38,
      era: 'modern',
      negotiationPath: 'server_discover',
      protocolVersion: '2026-07-28',
      serverName: 'weather',
      serverVersion: '1.4.0',
      capabilities: { tools: { listChanged: true } },
      credentialSource: 'stored',
      failureClass: null,
      error: null,
    },
  ],
};
