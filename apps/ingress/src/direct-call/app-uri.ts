import { isObject, memberText } from '#libs/mcp';

/** The app that a tool is shown with, as its definition names it for clients, and as the console reads it. https://github.com/modelcontextprotocol/ext-apps */
export const appUriOf = (definition: string): string | null => {
  const meta: unknown = JSON.parse(memberText(definition, '_meta') ?? 'null');
  if (!isObject(meta)) return null;
  const ui = isObject(meta['ui']) ? meta['ui'] : {};
  const uri = ui['resourceUri'] ?? meta['ui/resourceUri'];
  return typeof uri === 'string' && uri.startsWith('ui://') ? uri : null;
};
