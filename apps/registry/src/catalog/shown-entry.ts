import type {
  AccessScope,
  CatalogPrompt,
  CatalogResource,
  CatalogResourceTemplate,
  CatalogTool,
} from '#contracts/registry/catalog';
import { withMembers } from '#libs/mcp';
import { exposedDefinition, withAppLinks } from '../entries/exposed-definition.js';
import type { Apps } from './apps.js';
import type { KeptEntry, StoredEntry } from './stored-entry.js';

/** Where an entry stands in its endpoint's list, and what it is seen as there. */
export interface Place {
  readonly order: number;
  /** That of its gateway. */
  readonly scope: AccessScope;
  readonly apps: Apps | null;
}

type Definitions = Pick<CatalogTool, 'definition' | 'legacyDefinition'>;

export const shownTool = ({ stored, hasApp }: KeptEntry, { order, scope, apps }: Place): CatalogTool => {
  const { gatewayId, headerParams, taskAfterMs, heldChange } = stored;
  const known = baseOf(stored, scope);
  return {
    ...known,
    ...namesOf(stored),
    ...(hasApp && apps !== null && edited(known, (text) => withAppLinks(text, (uri) => apps.uriOf(gatewayId, uri)))),
    headerParams,
    ...(taskAfterMs !== null && { taskAfterMs }),
    ...(heldChange !== null && { heldChange }),
    order,
  };
};

export const shownPrompt = ({ stored }: KeptEntry, { order, scope }: Place): CatalogPrompt => ({
  ...baseOf(stored, scope),
  ...namesOf(stored),
  order,
});

export const shownResource = (stored: StoredEntry, scope: AccessScope, apps: Apps): CatalogResource => {
  const { gatewayId, originalName: upstreamUri } = stored;
  const known = baseOf(stored, scope);
  const uri = apps.uriOf(gatewayId, upstreamUri);
  if (uri === upstreamUri) return { ...known, uri };
  return { ...known, uri, upstreamUri, ...edited(known, (text) => withMembers(text, { uri: JSON.stringify(uri) })) };
};

export const shownTemplate = (stored: StoredEntry, scope: AccessScope): CatalogResourceTemplate => ({
  ...baseOf(stored, scope),
  uriTemplate: stored.originalName,
});

/** What is shown of an entry of any kind. */
const baseOf = (entry: StoredEntry, { visibility, teamId, ownerEmail }: AccessScope) => ({
  id: entry.id,
  upstreamId: entry.gatewayId,
  definition: exposedDefinition(entry),
  ...eraOf(entry),
  visibility,
  teamId,
  ownerEmail,
});

const namesOf = ({ exposedName, originalName }: StoredEntry) => ({
  name: exposedName ?? originalName,
  upstreamName: originalName,
});

/** For whom an entry is, and what is different of it to clients before 2026-07-28. */
const eraOf = (entry: StoredEntry): Pick<CatalogTool, 'era' | 'legacyDefinition'> => {
  const { era, legacyDefinition, originalName, exposedName, descriptionOverride } = entry;
  const names = { originalName, exposedName, descriptionOverride };
  return {
    ...(era !== null && { era }),
    ...(legacyDefinition !== null && {
      legacyDefinition: exposedDefinition({ ...names, definition: legacyDefinition }),
    }),
  };
};

const edited = ({ definition, legacyDefinition }: Definitions, edit: (text: string) => string): Definitions => ({
  definition: edit(definition),
  ...(legacyDefinition !== undefined && { legacyDefinition: edit(legacyDefinition) }),
});
