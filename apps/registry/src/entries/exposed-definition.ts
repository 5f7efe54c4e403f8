import { withMembers } from '#libs/mcp';

/** The definition as clients see it: the upstream's text, but for the exposed name and an operator's description. */
export const exposedDefinition = (entry: {
  readonly definition: string;
  readonly originalName: string;
  readonly exposedName: string | null;
  readonly descriptionOverride: string | null;
}): string => {
  const changes: Record<string, string> = {};
  if (entry.exposedName !== null && entry.exposedName !== entry.originalName) {
    changes.name = JSON.stringify(entry.exposedName);
  }
  if (entry.descriptionOverride !== null) changes.description = JSON.stringify(entry.descriptionOverride);
  return Object.keys(changes).length === 0 ? entry.definition : withMembers(entry.definition, changes);
};
