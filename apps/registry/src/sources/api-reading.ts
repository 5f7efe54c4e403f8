import { createHash } from 'node:crypto';
import type { HttpToolSource } from '#contracts/registry/resolve-http-tool.request';
import { MODERN_REVISION } from '#libs/mcp';
import type { ReadSource } from './read-source.js';

/** A tool of an API, fit to be stored: what clients are shown, and how a call becomes a request. */
export interface ApiTool {
  readonly name: string;
  /** JSON text of an MCP tool. */
  readonly definition: string;
  /** JSON text of an `HttpToolSource`, a `GrpcToolSource` or an `A2aToolSource`. */
  readonly source: string;
  /** Not shown until somebody says so. */
  readonly startsDisabled: boolean;
}

interface ToolParts {
  readonly name: string;
  readonly title?: string;
  readonly description: string;
  readonly inputSchema: object;
  readonly outputSchema?: object;
  readonly annotations: object;
}

export const apiToolOf = (parts: ToolParts, source: HttpToolSource, startsDisabled = false): ApiTool => {
  const { name, title, description, inputSchema, outputSchema, annotations } = parts;
  const definition = { name, title, description, inputSchema, outputSchema, annotations };
  return { name, definition: JSON.stringify(definition), source: JSON.stringify(source), startsDisabled };
};

/** What an API offers, in the form of an MCP server that was discovered. */
export interface ApiReading {
  readonly baseUrl: string;
  /** Null for what no OpenAPI document describes. */
  readonly source: ReadSource | null;
  readonly serverInfo: Readonly<Record<string, unknown>>;
  readonly tools: readonly ApiTool[];
  readonly refused: readonly { readonly list: string; readonly name: string; readonly reason: string }[];
}

/** Changes whenever a call would become another request. */
export const versionOf = (tools: readonly Pick<ApiTool, 'name' | 'source'>[]): string => {
  const hash = createHash('sha256');
  for (const { name, source } of tools) hash.update(`${name}\n${source}\n`);
  return hash.digest('base64url').slice(0, 22);
};

/** The discovery that a reading stands for: an API is described like an MCP server without sessions. */
export const discoveredFrom = (
  { serverInfo, tools, refused }: ApiReading,
  transport: 'OPENAPI' | 'REST' | 'GRPC' | 'A2A',
) => ({
  era: 'modern' as const,
  protocolVersion: MODERN_REVISION,
  transport,
  serverInfo,
  capabilities: { tools: {} },
  instructions: null,
  tools: tools.map(({ name, definition }) => ({ name, definition, headerParams: [] })),
  prompts: [],
  resources: [],
  resourceTemplates: [],
  refused,
});
