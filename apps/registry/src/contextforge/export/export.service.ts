import { Injectable } from '@nestjs/common';
import type { Principal } from '#contracts/auth/principal';
import type { OwnContent } from '#contracts/registry/resolve-own-content.request';
import type { HttpToolSource } from '#contracts/registry/resolve-http-tool.request';
import { GatewayEntriesService } from '../../entries/gateway-entries.service.js';
import { GatewayService } from '../../gateways/gateway.service.js';
import type { GatewayView } from '../../gateways/gateway.view.js';
import type { EntryView } from '../../entries/entry.view.js';
import { ListQuery } from '../../rest/list.query.js';
import { ServerService } from '../../servers/server.service.js';
import type { ServerView } from '../../servers/server.view.js';
import { EXPORT_TYPES, type ExportQuery, type ExportType, type ExportView } from './export.view.js';
import { exportedGateway, exportedOwn, exportedTool } from './exported-entries.js';
import { CREDENTIAL_LEFT_OUT, LeftOut } from '../file-entry.js';

/** ContextForge names a revision of MCP here. */
const FORM_VERSION = '2025-11-25';

type LeftOutEntry = ExportView['metadata']['left_out'][number];

const CREDENTIAL_REASON = 'its credential is left out: give it where it is imported';
const ADDRESSES_REASON = 'its further addresses are left out: the form has no place for them';

/** Writes what is registered in the form of ContextForge, as far as it has a place there. No secret is in it. */
@Injectable()
export class ExportService {
  constructor(
    private readonly gateways: GatewayService,
    private readonly entries: GatewayEntriesService,
    private readonly servers: ServerService,
  ) {}

  async export(query: ExportQuery, principal: Principal): Promise<ExportView> {
    const { types = EXPORT_TYPES, excludeTypes = [], tags, includeInactive = false } = query;
    const isWanted = (type: ExportType): boolean => types.includes(type) && !excludeTypes.includes(type);
    const list = Object.assign(new ListQuery(), { includeInactive, ...(tags !== undefined && { tags }) });
    const leftOut: LeftOutEntry[] = [];
    const entities: Partial<Record<ExportType, Record<string, unknown>[]>> = {};
    for (const type of EXPORT_TYPES) if (isWanted(type)) entities[type] = [];

    // Without pages both lists are arrays.
    for (const gateway of (await this.gateways.list(list, principal)) as readonly GatewayView[]) {
      const type = typeOf(gateway);
      if (!isWanted(type)) continue;
      const entry = await this.exported(gateway, leftOut);
      if (entry !== null) entities[type]?.push(entry);
    }
    const servers = isWanted('servers') ? ((await this.servers.list(list, principal)) as readonly ServerView[]) : [];
    for (const server of servers) entities.servers?.push(await this.exportedServer(server, list, principal));

    return {
      version: FORM_VERSION,
      exported_at: new Date(),
      exported_by: principal.id,
      encryption_method: 'none',
      entities,
      metadata: {
        entity_counts: Object.fromEntries(Object.entries(entities).map(([type, { length }]) => [type, length])),
        dependencies: dependenciesOf(entities.servers ?? []),
        export_options: optionsOf(query),
        left_out: leftOut,
      },
    };
  }

  /** Null where it is left out. */
  private async exported(gateway: GatewayView, leftOut: LeftOutEntry[]): Promise<Record<string, unknown> | null> {
    const { name } = gateway;
    const type = typeOf(gateway);
    try {
      const entry = type === 'gateways' ? exportedGateway(gateway) : await this.exportedEntry(gateway);
      if (gateway.addresses.length > 0) leftOut.push({ type, name, reason: ADDRESSES_REASON });
      if (CREDENTIAL_LEFT_OUT in entry) leftOut.push({ type, name, reason: CREDENTIAL_REASON });
      return entry;
    } catch (error) {
      if (!(error instanceof LeftOut)) throw error;
      leftOut.push({ type, name, reason: error.message });
      return null;
    }
  }

  private async exportedEntry(gateway: GatewayView): Promise<Record<string, unknown>> {
    const [entry] = await this.entries.findOf(gateway.id);
    if (!entry?.source) throw new LeftOut('its definition is gone');
    const definition = JSON.parse(entry.definition) as Record<string, unknown>;
    const source: unknown = JSON.parse(entry.source);
    // Either of the two may be switched off.
    const is_active = gateway.enabled && entry.enabled;
    return gateway.transport === 'REST'
      ? { ...exportedTool(gateway, definition, source as HttpToolSource), is_active }
      : { ...exportedOwn(gateway, definition, source as OwnContent), is_active };
  }

  /** What it shows goes by name: ids mean nothing elsewhere. */
  private async exportedServer(server: ServerView, list: ListQuery, principal: Principal) {
    const { id, name, description, icon, enabled, tags, associatedTools } = server;
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
      tags,
      ...(icon !== null && { icon }),
    };
  }
}

const typeOf = ({ transport, capabilities }: GatewayView): ExportType => {
  if (transport === 'REST') return 'tools';
  if (transport !== 'OWN') return 'gateways';
  return 'prompts' in capabilities ? 'prompts' : 'resources';
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
