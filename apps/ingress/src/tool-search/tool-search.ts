import type { CatalogTool } from '#contracts/registry/catalog';
import { fail, type GatewayError } from '#libs/errors';
import { editParams, isObject, memberText, membersOf, paramText } from '#libs/mcp';
import type { ScopedCall } from '../call/index.js';
import { QUERY_CHARS_MAX, SEARCH_LIMIT, type SearchToolName, isSearchTool } from '../catalog/index.js';
import { describedTool, foundTools } from './shown-tools.js';

/** What one of the tools that stand for all others is asked. */
export interface SearchRequest {
  readonly tool: SearchToolName;
  readonly args: Readonly<Record<string, unknown>>;
}

/** Null where the endpoint lists its tools, or the call is of another one. Throws `mcp.params_invalid`. */
export const searchRequest = ({ catalog, request }: ScopedCall): SearchRequest | null => {
  if (!catalog.isSearched || request.method !== 'tools/call') return null;
  const { name: tool, arguments: args = {} } = request.params.value;
  if (!isSearchTool(tool)) return null;
  if (!isObject(args)) throw invalid('arguments must be an object');
  return { tool, args };
};

/** The call that a call of `call_tool` is: as if its client had made it. Throws `mcp.params_invalid`. */
export const innerCall = (call: ScopedCall, { args }: SearchRequest): ScopedCall => {
  const { params } = call.request;
  const { name, arguments: inner = {} } = args;
  if (typeof name !== 'string') throw invalid('name must be a string');
  if (!isObject(inner)) throw invalid('arguments of the tool must be an object');
  const innerText = memberText(paramText(params, 'arguments') ?? '{}', 'arguments') ?? '{}';
  const text = editParams(params, { name: JSON.stringify(name), arguments: innerText });
  return {
    ...call,
    request: {
      ...call.request,
      params: { text, members: membersOf(text), value: { ...params.value, name, arguments: inner } },
    },
    // Its client mirrors nothing of a tool that it has not seen.
    mirrors: null,
  };
};

/** Answers `search_tools` and `describe_tool`, as far as the caller may see. */
export class ToolSearch {
  constructor(
    /** What a search may show. */
    private readonly tokensMax: number,
  ) {}

  /** The text of the answer. Throws `mcp.params_invalid`, and `registry.tool_unknown` as a call would. */
  answer(call: ScopedCall, { tool, args }: SearchRequest): string | Promise<string> {
    return tool === 'describe_tool' ? this.describe(call, args) : this.search(call, args);
  }

  private async search({ catalog, principal }: ScopedCall, args: SearchRequest['args']): Promise<string> {
    const { query, limit = SEARCH_LIMIT.byDefault } = args;
    if (typeof query !== 'string' || query.trim() === '' || query.length > QUERY_CHARS_MAX)
      throw invalid(`query must be a text of 1 to ${QUERY_CHARS_MAX} characters`);
    if (typeof limit !== 'number' || !Number.isInteger(limit) || limit < 1 || limit > SEARCH_LIMIT.max)
      throw invalid(`limit must be a whole number from 1 to ${SEARCH_LIMIT.max}`);
    const index = await catalog.toolIndex();
    const seen = new Map<string, CatalogTool>();
    const hits = index.search(query, ({ id, name }) => {
      const tool = catalog.tool(name, principal);
      if (tool?.id !== id) return false;
      seen.set(id, tool);
      return true;
    });
    const tools = hits.slice(0, limit).flatMap(({ id }) => seen.get(id) ?? []);
    return foundTools(tools, hits.length, this.tokensMax);
  }

  private describe({ catalog, codec, principal }: ScopedCall, { name }: SearchRequest['args']): string {
    if (typeof name !== 'string') throw invalid('name must be a string');
    const tool = catalog.tool(name, principal);
    if (tool === undefined) throw fail('registry.tool_unknown', { message: `Unknown tool: ${name.slice(0, 128)}` });
    return describedTool(codec.definition('tools', tool.definition), this.tokensMax);
  }
}

const invalid = (message: string): GatewayError => fail('mcp.params_invalid', { message });
