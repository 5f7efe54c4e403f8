import type { CatalogTool } from '#contracts/registry/catalog';

/** How many tools a search shows where its caller does not say, and at most. */
export const SEARCH_LIMIT = { byDefault: 10, max: 50 } as const;
/** How long what a search is asked may be. */
export const QUERY_CHARS_MAX = 1_000;

const NAME = { type: 'string', description: 'The exact name, as search_tools shows it' };

const DEFINITIONS = [
  {
    name: 'search_tools',
    title: 'Search tools',
    description:
      'Finds tools of this server by what they do. They are not listed: search for one, look at it with describe_tool where its arguments are not plain, then call it with call_tool.',
    inputSchema: {
      type: 'object',
      properties: {
        query: { type: 'string', maxLength: QUERY_CHARS_MAX, description: 'Words for what is to be done, and on what' },
        limit: { type: 'integer', minimum: 1, maximum: SEARCH_LIMIT.max, default: SEARCH_LIMIT.byDefault },
      },
      required: ['query'],
    },
    annotations: { readOnlyHint: true, idempotentHint: true, openWorldHint: false },
  },
  {
    name: 'describe_tool',
    title: 'Describe a tool',
    description: 'The whole description of one tool, with the schema of its arguments.',
    inputSchema: { type: 'object', properties: { name: NAME }, required: ['name'] },
    annotations: { readOnlyHint: true, idempotentHint: true, openWorldHint: false },
  },
  {
    name: 'call_tool',
    title: 'Call a tool',
    description: 'Calls a tool that search_tools has found, and answers with what that tool answers.',
    inputSchema: {
      type: 'object',
      properties: { name: NAME, arguments: { type: 'object', description: 'As the schema of the tool has them' } },
      required: ['name'],
    },
  },
] as const;

/** The name of one of the tools that stand for all others. */
export type SearchToolName = (typeof DEFINITIONS)[number]['name'];

/** What is listed in the place of its tools by a virtual server whose tools are searched. */
export const SEARCH_TOOLS: readonly CatalogTool[] = DEFINITIONS.map((definition) => ({
  id: definition.name,
  name: definition.name,
  upstreamId: '',
  upstreamName: definition.name,
  definition: JSON.stringify(definition),
  headerParams: [],
  visibility: 'public',
  teamId: null,
  ownerEmail: null,
}));

const NAMES: ReadonlySet<unknown> = new Set(SEARCH_TOOLS.map(({ name }) => name));

/** Whether a name is that of one of them. */
export const isSearchTool = (name: unknown): name is SearchToolName => NAMES.has(name);
