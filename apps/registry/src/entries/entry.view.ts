import { exposedDefinition } from './exposed-definition.js';
import type { EntryEntity } from './entry.entity.js';
import type { GatewayEntity } from '../gateways/gateway.entity.js';

/** A tool, prompt or resource as REST shows it: the definition clients get, spread out, and what the gateway knows. */
export const entryView = (entry: EntryEntity, gateway: GatewayEntity) => {
  const definition: Record<string, unknown> = JSON.parse(exposedDefinition(entry));
  const known = {
    id: entry.id,
    ...membersByKind(entry, definition),
    title: definition.title ?? null,
    description: definition.description ?? null,
    annotations: definition.annotations ?? null,
    icons: definition.icons ?? null,
    meta: definition._meta ?? null,
    gatewayId: gateway.id,
    gatewaySlug: gateway.slug,
    enabled: entry.enabled,
    reachable: gateway.reachable,
    visibility: gateway.visibility,
    teamId: gateway.teamId,
    ownerEmail: gateway.ownerEmail,
    tags: entry.tags,
    createdAt: entry.createdAt,
    updatedAt: entry.updatedAt,
  };
  return known;
};

const membersByKind = (entry: EntryEntity, definition: Readonly<Record<string, unknown>>): Record<string, unknown> => {
  const names = { name: entry.exposedName, originalName: entry.originalName, customName: entry.customName };
  switch (entry.kind) {
    case 'tool':
      return {
        ...names,
        integrationType: 'MCP',
        inputSchema: definition.inputSchema ?? null,
        outputSchema: definition.outputSchema ?? null,
        execution: definition.execution ?? null,
        taskAfterMs: entry.taskAfterMs,
      };
    case 'prompt':
      return { ...names, arguments: definition.arguments ?? [] };
    case 'resource':
      return {
        uri: entry.originalName,
        name: definition.name ?? null,
        mimeType: definition.mimeType ?? null,
        size: definition.size ?? null,
      };
    default:
      return { uriTemplate: entry.originalName, name: definition.name ?? null, mimeType: definition.mimeType ?? null };
  }
};
