import { Injectable } from '@nestjs/common';
import type { Principal } from '#contracts/auth/principal';
import type { OwnContent } from '#contracts/registry/resolve-own-content.request';
import type { HttpToolSource } from '#contracts/registry/resolve-http-tool.request';
import { fail } from '#libs/errors';
import { holds } from '#libs/identity';
import { GatewayEntriesService } from '../../entries/gateway-entries.service.js';
import { GrpcApiService } from '../../gateways/grpc/grpc-api.service.js';
import { GatewayListService } from '../../gateways/gateway-list.service.js';
import type { GatewayView } from '../../gateways/gateway.view.js';
import type { EntryView } from '../../entries/entry.view.js';
import { ListQuery } from '../../rest/list.query.js';
import { ServerService } from '../../servers/server.service.js';
import type { ServerView } from '../../servers/server.view.js';
import { CredentialSealsService, type SealableEntry } from './credential-seals.service.js';
import type { ExportBody } from './export.body.js';
import { EXPORT_TYPES, type ExportQuery, type ExportType, type ExportView } from './export.view.js';
import { exportedGateway, exportedOwn, exportedTool } from './exported-entries.js';
import { withoutApplyTags } from '../apply-tags.js';
import { CREDENTIAL_LEFT_OUT, LeftOut } from '../file-entry.js';

/** ContextForge names a revision of MCP here. */
const FORM_VERSION = '2025-11-25';

type LeftOutEntry = ExportView['metadata']['left_out'][number];

const CREDENTIAL_REASON = 'its credential is left out: give it where it is imported';

/**
 * Writes what is registered in the form of ContextForge, and beside it what that has no place for. Secrets are in it where they are
 * asked for, and sealed.
 */
@Injectable()
export class ExportService {
  constructor(
    private readonly gateways: GatewayListService,
    private readonly entries: GatewayEntriesService,
    private readonly servers: ServerService,
    private readonly grpc: GrpcApiService,
    private readonly seals: CredentialSealsService,
  ) {}

  /** Throws `auth.grant_missing` where secrets are wanted by who may not have them, and `http.invalid` for a choice that is none. */
  async export(query: ExportBody, principal: Principal): Promise<ExportView> {
    const { types = EXPORT_TYPES, excludeTypes = [], tags, includeInactive = false, passphrase } = query;
    const isSealed = passphrase !== undefined;
    if (isSealed && !holds(principal, 'admin.system_config')) throw fail('auth.grant_missing');
    const chosen = selectionOf(query.selectedEntities);
    const isWanted = (type: ExportType): boolean =>
      types.includes(type) && !excludeTypes.includes(type) && chosen.hasType(type);
    const list = Object.assign(new ListQuery(), { includeInactive, ...(tags !== undefined && { tags }) });
    const leftOut: LeftOutEntry[] = [];
    const entities: Partial<Record<ExportType, Record<string, unknown>[]>> = {};
    for (const type of EXPORT_TYPES) if (isWanted(type)) entities[type] = [];

    // Without pages both lists are arrays.
    const gateways = ((await this.gateways.list(list, principal)) as readonly GatewayView[]).filter((gateway) => {
      const type = typeOf(gateway);
      return isWanted(type) && chosen.has(type, gateway.id, nameIn(gateway));
    });
    for (const [type, entry] of await this.exportedGateways(gateways, passphrase, leftOut)) entities[type]?.push(entry);
    const servers = isWanted('servers') ? ((await this.servers.list(list, principal)) as readonly ServerView[]) : [];
    for (const server of servers)
      if (chosen.has('servers', server.id, server.name))
        entities.servers?.push(await this.exportedServer(server, list, principal));

    return {
      version: FORM_VERSION,
      exported_at: new Date(),
      exported_by: principal.id,
      encryption_method: isSealed ? 'scrypt, AES-256-GCM' : 'none',
      entities,
      metadata: {
        entity_counts: Object.fromEntries(Object.entries(entities).map(([type, { length }]) => [type, length])),
        dependencies: dependenciesOf(entities.servers ?? []),
        export_options: optionsOf(query),
        left_out: leftOut,
      },
    };
  }

  /** Those that are not left out, with what is kept for them sealed where there is a passphrase. */
  private async exportedGateways(
    gateways: readonly GatewayView[],
    passphrase: string | undefined,
    leftOut: LeftOutEntry[],
  ): Promise<[ExportType, Record<string, unknown>][]> {
    const exported: [ExportType, Record<string, unknown>][] = [];
    const sealable: SealableEntry[] = [];
    for (const gateway of gateways) {
      const members = await this.exported(gateway, leftOut, passphrase !== undefined);
      if (members === null) continue;
      const entry = { ...members, tags: withoutApplyTags(gateway.tags) };
      exported.push([typeOf(gateway), entry]);
      if ('auth_type' in entry) sealable.push({ gatewayId: gateway.id, entry });
    }
    if (passphrase === undefined) return exported;
    const sealed = await this.seals.seal(sealable, passphrase);
    for (const { gatewayId, entry } of sealable) Object.assign(entry, sealed.get(gatewayId));
    return exported;
  }

  /** Null where it is left out. */
  private async exported(
    gateway: GatewayView,
    leftOut: LeftOutEntry[],
    isSealed: boolean,
  ): Promise<Record<string, unknown> | null> {
    const { name } = gateway;
    const type = typeOf(gateway);
    try {
      const entry =
        type === 'gateways'
          ? exportedGateway(gateway, isSealed, await this.grpc.handedOver(gateway))
          : await this.exportedEntry(gateway, isSealed);
      if (CREDENTIAL_LEFT_OUT in entry) leftOut.push({ type, name, reason: CREDENTIAL_REASON });
      return entry;
    } catch (error) {
      if (!(error instanceof LeftOut)) throw error;
      leftOut.push({ type, name, reason: error.message });
      return null;
    }
  }

  private async exportedEntry(gateway: GatewayView, isSealed: boolean): Promise<Record<string, unknown>> {
    const [entry] = await this.entries.findOf(gateway.id);
    if (!entry?.source) throw new LeftOut('its definition is gone');
    const definition = JSON.parse(entry.definition) as Record<string, unknown>;
    const source: unknown = JSON.parse(entry.source);
    // Either of the two may be switched off.
    const is_active = gateway.enabled && entry.enabled;
    return gateway.transport === 'REST'
      ? { ...exportedTool(gateway, definition, source as HttpToolSource, isSealed), is_active }
      : { ...exportedOwn(gateway, definition, source as OwnContent), is_active };
  }

  /** What it shows goes by name: ids mean nothing elsewhere. */
  private async exportedServer(server: ServerView, list: ListQuery, principal: Principal) {
    const { id, name, description, icon, enabled, tags, associatedTools, toolSearch } = server;
    const inactive = Object.assign(new ListQuery(), list, { includeInactive: true });
    const shown = (kinds: Parameters<ServerService['entriesOf']>[1]): Promise<EntryView[]> =>
      this.servers.entriesOf(id, kinds, inactive, principal);
    const resources = server.associatedResources.length === 0 ? [] : await shown(['resource', 'template']);
    const prompts = server.associatedPrompts.length === 0 ? [] : await shown(['prompt']);
    return {
      name,
      description,
      tool_ids: associatedTools,
      ...(resources.length > 0 && { resource_ids: resources.map(addressOf) }),
      ...(prompts.length > 0 && { prompt_ids: prompts.map(addressOf) }),
      sse_endpoint: `/servers/${id}/sse`,
      websocket_endpoint: `/servers/${id}/ws`,
      capabilities: { tools: { list_changed: true }, prompts: { list_changed: true } },
      is_active: enabled,
      tags: withoutApplyTags(tags),
      ...(icon !== null && { icon }),
      ...(toolSearch && { tool_search: true }),
    };
  }
}

const typeOf = ({ transport, capabilities }: GatewayView): ExportType => {
  if (transport === 'REST') return 'tools';
  if (transport !== 'OWN') return 'gateways';
  return 'prompts' in capabilities ? 'prompts' : 'resources';
};

/** What is kept here is a gateway of its own, whose name begins with what it is. */
const nameIn = ({ name, transport }: GatewayView): string =>
  transport === 'OWN' ? name.slice(name.indexOf(' ') + 1) : name;

interface Selection {
  hasType(type: ExportType): boolean;
  has(type: ExportType, id: string, name: string): boolean;
}

const EVERYTHING: Selection = { hasType: () => true, has: () => true };

/** Throws `http.invalid` for what is no choice. */
const selectionOf = (selected: Readonly<Record<string, unknown>> | undefined): Selection => {
  if (selected === undefined) return EVERYTHING;
  const byType = new Map(
    Object.entries(selected).map(([type, words]) => {
      if (!(EXPORT_TYPES as readonly string[]).includes(type) || !Array.isArray(words))
        throw fail('http.invalid', {
          message: `selectedEntities has lists of names by type: ${EXPORT_TYPES.join(', ')}`,
        });
      return [type, new Set<unknown>(words)] as const;
    }),
  );
  return {
    hasType: (type) => byType.has(type),
    has: (type, id, name) => {
      const words = byType.get(type);
      return words !== undefined && (words.size === 0 || words.has(id) || words.has(name));
    },
  };
};

const optionsOf = ({ types, tags, includeInactive = false }: ExportQuery) => ({
  include_inactive: includeInactive,
  include_dependencies: true,
  selected_types: types ?? null,
  filter_tags: tags?.split(',') ?? [],
});

/** What clients call it. */
const addressOf = (view: EntryView): unknown => {
  const { uri, uriTemplate, name } = view as { uri?: string; uriTemplate?: string; name?: string };
  return uri ?? uriTemplate ?? name;
};

const dependenciesOf = (servers: readonly Record<string, unknown>[]) => {
  const by = (member: string) =>
    Object.fromEntries(servers.filter((server) => member in server).map((server) => [server['name'], server[member]]));
  return {
    servers_to_tools: by('tool_ids'),
    servers_to_resources: by('resource_ids'),
    servers_to_prompts: by('prompt_ids'),
  };
};
