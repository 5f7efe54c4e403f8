import type { EntryEntity } from '../entries/entry.entity.js';
import { appLinksOf, isAppUri } from '../entries/exposed-definition.js';

/** Of an entry, what its endpoints show is made from. */
export type StoredEntry = Pick<
  EntryEntity,
  | 'id'
  | 'kind'
  | 'gatewayId'
  | 'originalName'
  | 'exposedName'
  | 'definition'
  | 'era'
  | 'legacyDefinition'
  | 'headerParams'
  | 'descriptionOverride'
  | 'taskAfterMs'
  | 'heldChange'
  | 'ordinal'
>;

/** An entry that is enabled, of a gateway that is. */
export interface KeptEntry {
  readonly stored: StoredEntry;
  /** Whether it has to do with an MCP App, as its resource or as a tool that is shown with it. */
  readonly hasApp: boolean;
}

export const keptEntry = (stored: StoredEntry): KeptEntry => ({ stored, hasApp: hasAppIn(stored) });

/** Whether what becomes of this entry may change how others are shown. */
export const isAlone = ({ stored, hasApp }: KeptEntry): boolean => !hasApp && stored.exposedName !== null;

export const isApp = ({ kind, originalName }: StoredEntry): boolean => kind === 'resource' && isAppUri(originalName);

const hasAppIn = (stored: StoredEntry): boolean => {
  if (isApp(stored)) return true;
  const { kind, definition, legacyDefinition } = stored;
  return kind === 'tool' && [definition, legacyDefinition ?? '{}'].some((text) => appLinksOf(text).length > 0);
};
