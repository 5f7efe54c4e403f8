import { ApiExtraModels, ApiProperty, getSchemaPath } from '@nestjs/swagger';
import type { ServerToken, ListServerTokens } from '#contracts/auth/list-server-tokens.request';
import type { Principal } from '#contracts/auth/principal';
import type { ReplyOf } from '#contracts/define';
import type { UpstreamUse } from '#contracts/tool-invocation/describe-use.request';
import { holds } from '#libs/identity';
import type { NamedEntry } from '../../entries/entry.repository.js';
import type { EntryKind } from '../../storage/entry-kind.js';
import type { LosingServer } from '../server.repository.js';

const COUNT = { type: 'integer', minimum: 0 } as const;
/** Names of each kind that an answer holds at most; it counts all. */
const NAMES_MAX = 1_000;

/** The tokens of virtual servers, by the server's id. */
export type TokensByServer = ReadonlyMap<string, ReplyOf<typeof ListServerTokens>['servers'][number]>;

interface Impact {
  readonly gateway: { readonly id: string; readonly name: string };
  readonly names: readonly NamedEntry[];
  readonly servers: readonly LosingServer[];
  readonly hiddenServers: number | null;
  readonly tokens: TokensByServer | null;
  readonly use: (UpstreamUse & { readonly instance: string }) | null;
  readonly principal: Principal;
}

class BoundTokenView implements ServerToken {
  @ApiProperty({ type: String, format: 'uuid' })
  readonly id!: string;

  @ApiProperty({ type: String })
  readonly name!: string;

  @ApiProperty({ type: String, format: 'email' })
  readonly userEmail!: string;
}

/** A virtual server that shows something of the gateway. */
class LosingServerView {
  @ApiProperty({ type: String })
  readonly id: string;

  @ApiProperty({ type: String })
  readonly name: string;

  @ApiProperty({ type: Boolean })
  readonly enabled: boolean;

  @ApiProperty({ ...COUNT, description: 'Tools that it would lose.' })
  readonly toolCount: number;

  @ApiProperty({ ...COUNT, description: 'Prompts that it would lose.' })
  readonly promptCount: number;

  @ApiProperty({ ...COUNT, description: 'Resources and resource templates that it would lose.' })
  readonly resourceCount: number;

  @ApiProperty({ ...COUNT, description: 'Entries of other gateways that it would keep.' })
  readonly remainingCount: number;

  @ApiProperty({ type: Boolean, description: 'Nothing would be left in it.' })
  readonly becomesEmpty: boolean;

  @ApiProperty({
    ...COUNT,
    nullable: true,
    description: 'Good tokens for it alone; null where auth could not be asked.',
  })
  readonly tokenCount: number | null;

  @ApiProperty({
    type: [BoundTokenView],
    description: "Those of them that are the caller's; for an administrator 100 at most.",
  })
  readonly tokens: readonly ServerToken[];

  constructor(server: LosingServer, tokens: TokensByServer | null, principal: Principal) {
    const bound = tokens?.get(server.id);
    const seesAll = holds(principal, 'admin.user_management');
    this.id = server.id;
    this.name = server.name;
    this.enabled = server.enabled;
    this.toolCount = server.tools;
    this.promptCount = server.prompts;
    this.resourceCount = server.resources;
    this.remainingCount = server.remaining;
    this.becomesEmpty = server.remaining === 0;
    this.tokenCount = tokens === null ? null : (bound?.count ?? 0);
    this.tokens = (bound?.tokens ?? []).filter(({ userEmail }) => seesAll || userEmail === principal.id);
  }
}

class GatewayUseView implements UpstreamUse {
  @ApiProperty({ ...COUNT, description: 'Sessions, and connections that need none.' })
  readonly conversations!: number;

  @ApiProperty({ ...COUNT, description: 'Calls in flight.' })
  readonly running!: number;

  @ApiProperty({ ...COUNT, description: 'Calls that wait for a place.' })
  readonly waiting!: number;

  @ApiProperty({ type: Boolean, description: 'Calls are refused because it has just failed again and again.' })
  readonly breakerOpen!: boolean;

  @ApiProperty({ type: String, description: 'The instance of tool-invocation that says so.' })
  readonly instance!: string;
}

/** What would break if a gateway were removed. */
@ApiExtraModels(GatewayUseView)
export class GatewayImpactView {
  @ApiProperty({ type: String })
  readonly gatewayId: string;

  @ApiProperty({ type: String })
  readonly gatewayName: string;

  @ApiProperty(COUNT)
  readonly toolCount: number;

  @ApiProperty(COUNT)
  readonly promptCount: number;

  @ApiProperty({ ...COUNT, description: 'Resources and resource templates.' })
  readonly resourceCount: number;

  @ApiProperty({ type: [String], description: `Exposed names that would be gone, ${NAMES_MAX} at most.` })
  readonly tools: readonly string[];

  @ApiProperty({ type: [String], description: `Exposed names, ${NAMES_MAX} at most.` })
  readonly prompts: readonly string[];

  @ApiProperty({ type: [String], description: `URIs and URI templates, ${NAMES_MAX} at most.` })
  readonly resources: readonly string[];

  @ApiProperty({
    type: [LosingServerView],
    description: 'Virtual servers that the caller sees and that would lose entries.',
  })
  readonly servers: readonly LosingServerView[];

  @ApiProperty({
    ...COUNT,
    nullable: true,
    description: 'Further ones that the caller does not see; null for those who may not remove the gateway.',
  })
  readonly hiddenServerCount: number | null;

  @ApiProperty({
    allOf: [{ $ref: getSchemaPath(GatewayUseView) }],
    nullable: true,
    description:
      'What one instance of tool-invocation has open at it; others may have more. Null where none could be asked.',
  })
  readonly use: GatewayUseView | null;

  constructor({ gateway, names, servers, hiddenServers, tokens, use, principal }: Impact) {
    const of = (...kinds: EntryKind[]) => names.filter(({ kind }) => kinds.includes(kind)).map(({ name }) => name);
    const [tools, prompts, resources] = [of('tool'), of('prompt'), of('resource', 'template')];
    this.gatewayId = gateway.id;
    this.gatewayName = gateway.name;
    this.toolCount = tools.length;
    this.promptCount = prompts.length;
    this.resourceCount = resources.length;
    this.tools = tools.slice(0, NAMES_MAX);
    this.prompts = prompts.slice(0, NAMES_MAX);
    this.resources = resources.slice(0, NAMES_MAX);
    this.servers = servers.map((server) => new LosingServerView(server, tokens, principal));
    this.hiddenServerCount = hiddenServers;
    this.use = use;
  }
}

export const IMPACT_EXAMPLE: GatewayImpactView = {
  gatewayId: '0c9e8d7b6a5f4e3d2c1b0a9f8e7d6c5b',
  gatewayName: 'Weather',
  toolCount: 1,
  promptCount: 0,
  resourceCount: 0,
  tools: ['weather-forecast'],
  prompts: [],
  resources: [],
  servers: [
    {
      id: '3b2a1c0d9e8f7a6b5c4d3e2f1a0b9c8d',
      name: 'Travel',
      enabled: true,
      toolCount: 1,
      promptCount: 0,
      resourceCount: 0,
      remainingCount: 0,
      becomesEmpty: true,
      tokenCount: 1,
      tokens: [{ id: '7c0d9a52-4a39-4b0e-9c5e-2f5d3c1b0a98', name: 'travel agent', userEmail: 'ann@example.org' }],
    },
  ],
  hiddenServerCount: 0,
  use: { conversations: 1, running: 0, waiting: 0, breakerOpen: false, instance: 'tool-invocation-1' },
};
