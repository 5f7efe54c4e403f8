import { isObject, memberText, withMembers } from '#libs/mcp';

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

/**
 * MCP Apps: a tool names the resource it is shown with in `_meta.ui.resourceUri`, before the extension had come to its
 * name also in `_meta["ui/resourceUri"]`. https://github.com/modelcontextprotocol/ext-apps
 */
const OLD_KEY = 'ui/resourceUri';
const SCHEME = 'ui://';

export const isAppUri = (uri: string): boolean => uri.startsWith(SCHEME);

/** Names the upstream, where two have an app of one URI. */
export const appUriVia = (slug: string, uri: string): string => `${SCHEME}via.${slug}/${uri.slice(SCHEME.length)}`;

/** The apps that a tool is shown with: none, one, or two where the keys differ. */
export const appLinksOf = (definition: string): string[] => {
  const { ui, [OLD_KEY]: old } = metaOf(definition);
  const links = [isObject(ui) ? ui.resourceUri : undefined, old];
  return [...new Set(links.filter((link): link is string => typeof link === 'string' && isAppUri(link)))];
};

/** The definition with each app under the URI that clients have for it; else byte for byte what it was. */
export const withAppLinks = (definition: string, exposed: (uri: string) => string): string => {
  if (appLinksOf(definition).every((uri) => exposed(uri) === uri)) return definition;
  const renamed = (text: string, key: string): Record<string, string> => {
    const uri: unknown = JSON.parse(memberText(text, key) ?? 'null');
    return typeof uri === 'string' && isAppUri(uri) ? { [key]: JSON.stringify(exposed(uri)) } : {};
  };
  const meta = memberText(definition, '_meta') ?? '{}';
  const ui = memberText(meta, 'ui');
  const changes = renamed(meta, OLD_KEY);
  if (ui?.startsWith('{') === true) changes.ui = withMembers(ui, renamed(ui, 'resourceUri'));
  return withMembers(definition, { _meta: withMembers(meta, changes) });
};

const metaOf = (definition: string): Readonly<Record<string, unknown>> => {
  if (!definition.includes('resourceUri')) return {};
  const meta: unknown = JSON.parse(memberText(definition, '_meta') ?? 'null');
  return isObject(meta) ? meta : {};
};
