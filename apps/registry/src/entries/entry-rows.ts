import type { EntryEntity } from './entry.entity.js';
import { newObjectId } from '../storage/object-id.js';
import { exposedNameOf } from './naming.js';
import type { OfferedEntry } from '../gateways/discovery-result.js';

/** Entries that are new to the registry: enabled, under the gateway's prefix, without anything of their own. */
export const newEntryRows = (
  gatewayId: string,
  prefix: string,
  offered: readonly OfferedEntry[],
  now: Date,
): Omit<EntryEntity, 'ordinal'>[] =>
  offered.map(({ kind, originalName, definition, headerParams }) => ({
    id: newObjectId(),
    kind,
    gatewayId,
    originalName,
    customName: null,
    exposedName: exposedNameOf(kind, prefix, originalName),
    definition,
    headerParams: [...headerParams],
    descriptionOverride: null,
    taskAfterMs: null,
    tags: [],
    enabled: true,
    createdAt: now,
    updatedAt: now,
  }));
