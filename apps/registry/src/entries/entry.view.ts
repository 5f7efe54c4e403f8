import { ApiProperty } from '@nestjs/swagger';
import type { Principal } from '#contracts/auth/principal';
import { ERAS, type Era, VISIBILITIES, type Visibility } from '#contracts/registry/catalog';
import type { OwnContent } from '#contracts/registry/resolve-own-content.request';
import type { UpstreamTransport } from '#contracts/registry/resolve-upstream.request';
import { ownerShownTo } from '../rest/ownership.js';
import { HELD_CHANGES, type HeldChange } from './difference.js';
import type { EntryWithGateway } from './entry.entity.js';
import { exposedDefinition } from './exposed-definition.js';

const ANY_JSON = { type: 'object', additionalProperties: true, nullable: true } as const;
const OPTIONAL_TEXT = { type: String, nullable: true } as const;

/** What REST shows of every entry: the definition that clients get, spread out, and what the gateway knows. */
abstract class EntryViewBase {
  @ApiProperty({ type: String })
  readonly id: string;

  @ApiProperty(OPTIONAL_TEXT)
  readonly title: unknown;

  @ApiProperty(OPTIONAL_TEXT)
  readonly description: unknown;

  @ApiProperty(ANY_JSON)
  readonly annotations: unknown;

  @ApiProperty({ type: 'array', items: { type: 'object', additionalProperties: true }, nullable: true })
  readonly icons: unknown;

  @ApiProperty({ ...ANY_JSON, description: 'The `_meta` of the definition.' })
  readonly meta: unknown;

  @ApiProperty({ type: String })
  readonly gatewayId: string;

  @ApiProperty({ type: String })
  readonly gatewaySlug: string;

  @ApiProperty({ type: Boolean })
  readonly enabled: boolean;

  @ApiProperty({ type: Boolean, description: 'Whether the gateway was reached when it was last refreshed.' })
  readonly reachable: boolean;

  @ApiProperty({ enum: ERAS, nullable: true, description: 'To whose clients alone it is offered; null: to all.' })
  readonly era: Era | null;

  @ApiProperty({ enum: VISIBILITIES })
  readonly visibility: Visibility;

  @ApiProperty(OPTIONAL_TEXT)
  readonly teamId: string | null;

  @ApiProperty({ ...OPTIONAL_TEXT, description: 'Null for those who may not change it.' })
  readonly ownerEmail: string | null;

  @ApiProperty({ type: [String] })
  readonly tags: readonly string[];

  @ApiProperty({ type: Date })
  readonly createdAt: Date;

  @ApiProperty({ type: Date })
  readonly updatedAt: Date;

  constructor(
    { gateway, ...entry }: EntryWithGateway,
    definition: Readonly<Record<string, unknown>>,
    principal: Principal,
  ) {
    this.id = entry.id;
    this.title = definition.title ?? null;
    this.description = definition.description ?? null;
    this.annotations = definition.annotations ?? null;
    this.icons = definition.icons ?? null;
    this.meta = definition._meta ?? null;
    this.gatewayId = gateway.id;
    this.gatewaySlug = gateway.slug;
    this.enabled = entry.enabled;
    this.reachable = gateway.reachable;
    this.era = entry.era;
    this.visibility = gateway.visibility;
    this.teamId = gateway.teamId;
    this.ownerEmail = ownerShownTo(principal, gateway);
    this.tags = entry.tags;
    this.createdAt = entry.createdAt;
    this.updatedAt = entry.updatedAt;
  }
}

/** What tools and prompts are called. */
abstract class NamedEntryView extends EntryViewBase {
  @ApiProperty({ type: String, description: 'The exposed name, which clients use.' })
  readonly name: string | null;

  @ApiProperty({ type: String, description: "The upstream's own name." })
  readonly originalName: string;

  @ApiProperty({ ...OPTIONAL_TEXT, description: 'Takes the place of the original name after the prefix.' })
  readonly customName: string | null;

  constructor(entry: EntryWithGateway, definition: Readonly<Record<string, unknown>>, principal: Principal) {
    super(entry, definition, principal);
    this.name = entry.exposedName;
    this.originalName = entry.originalName;
    this.customName = entry.customName;
  }
}

const integrationOf = (transport: UpstreamTransport): ToolView['integrationType'] => {
  if (transport === 'GRPC') return 'gRPC';
  if (transport === 'A2A') return 'A2A';
  return transport === 'OPENAPI' || transport === 'REST' ? 'REST' : 'MCP';
};

export class ToolView extends NamedEntryView {
  @ApiProperty({
    enum: ['MCP', 'REST', 'gRPC', 'A2A'],
    description:
      'REST: a call becomes a request to an HTTP API; gRPC: one to a gRPC server; A2A: a message to an agent.',
  })
  readonly integrationType: 'MCP' | 'REST' | 'gRPC' | 'A2A';

  @ApiProperty(ANY_JSON)
  readonly inputSchema: unknown;

  @ApiProperty(ANY_JSON)
  readonly outputSchema: unknown;

  @ApiProperty(ANY_JSON)
  readonly execution: unknown;

  @ApiProperty({ type: 'integer', nullable: true, description: 'Milliseconds after which a call goes on as a task.' })
  readonly taskAfterMs: number | null;

  @ApiProperty({
    enum: HELD_CHANGES,
    nullable: true,
    description:
      'The upstream offers it otherwise by now; it is served as it was. `pending`: that waits for approval; `kept`: somebody has not wanted it.',
  })
  readonly heldChange: HeldChange | null;

  constructor(entry: EntryWithGateway, definition: Readonly<Record<string, unknown>>, principal: Principal) {
    super(entry, definition, principal);
    this.integrationType = integrationOf(entry.gateway.transport);
    this.inputSchema = definition.inputSchema ?? null;
    this.outputSchema = definition.outputSchema ?? null;
    this.execution = definition.execution ?? null;
    this.taskAfterMs = entry.taskAfterMs;
    this.heldChange = entry.heldChange;
  }
}

export class PromptView extends NamedEntryView {
  @ApiProperty({ type: 'array', items: { type: 'object', additionalProperties: true } })
  readonly arguments: unknown;

  @ApiProperty({ ...OPTIONAL_TEXT, description: 'Null for a prompt of an upstream.' })
  readonly template: string | null;

  constructor(entry: EntryWithGateway, definition: Readonly<Record<string, unknown>>, principal: Principal) {
    super(entry, definition, principal);
    const own = entry.gateway.transport === 'OWN' && entry.source ? (JSON.parse(entry.source) as OwnContent) : null;
    this.arguments = own?.kind === 'prompt' ? own.arguments : (definition.arguments ?? []);
    this.template = own?.kind === 'prompt' ? own.template : null;
  }
}

export class ResourceView extends EntryViewBase {
  @ApiProperty({ type: String })
  readonly uri: string;

  @ApiProperty(OPTIONAL_TEXT)
  readonly name: unknown;

  @ApiProperty(OPTIONAL_TEXT)
  readonly mimeType: unknown;

  @ApiProperty({ type: 'integer', nullable: true, description: 'Bytes.' })
  readonly size: unknown;

  constructor(entry: EntryWithGateway, definition: Readonly<Record<string, unknown>>, principal: Principal) {
    super(entry, definition, principal);
    this.uri = entry.originalName;
    this.name = definition.name ?? null;
    this.mimeType = definition.mimeType ?? null;
    this.size = definition.size ?? null;
  }
}

export class ResourceTemplateView extends EntryViewBase {
  @ApiProperty({ type: String, description: 'RFC 6570' })
  readonly uriTemplate: string;

  @ApiProperty(OPTIONAL_TEXT)
  readonly name: unknown;

  @ApiProperty(OPTIONAL_TEXT)
  readonly mimeType: unknown;

  constructor(entry: EntryWithGateway, definition: Readonly<Record<string, unknown>>, principal: Principal) {
    super(entry, definition, principal);
    this.uriTemplate = entry.originalName;
    this.name = definition.name ?? null;
    this.mimeType = definition.mimeType ?? null;
  }
}

/** As ContextForge has it; everything else of the registry is camelCase. */
export class TemplateListView {
  @ApiProperty({ type: [ResourceTemplateView] })
  resource_templates!: readonly EntryView[];

  @ApiProperty({ type: String, nullable: true, description: 'Null on the last page.' })
  next_cursor!: string | null;
}

export type EntryView = ToolView | PromptView | ResourceView | ResourceTemplateView;

/** An entry as REST shows it to a caller, by its kind. */
export const entryView = (entry: EntryWithGateway, principal: Principal): EntryView => {
  const definition: Record<string, unknown> = JSON.parse(exposedDefinition(entry));
  switch (entry.kind) {
    case 'tool':
      return new ToolView(entry, definition, principal);
    case 'prompt':
      return new PromptView(entry, definition, principal);
    case 'resource':
      return new ResourceView(entry, definition, principal);
    case 'template':
      return new ResourceTemplateView(entry, definition, principal);
  }
};
