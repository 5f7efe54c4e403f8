import type { ListKind } from '#libs/mcp';

/** What an upstream can offer. Tools and prompts go by a name, resources and resource templates by their URI. */
export type EntryKind = 'tool' | 'prompt' | 'resource' | 'template';

/** The member of an MCP list result that holds the entries of a kind. */
export const LIST_OF: Readonly<Record<EntryKind, ListKind>> = {
  tool: 'tools',
  prompt: 'prompts',
  resource: 'resources',
  template: 'resourceTemplates',
};
