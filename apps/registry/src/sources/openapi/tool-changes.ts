import type { HttpToolSource } from '#contracts/registry/resolve-http-tool.request';
import type { GrpcToolSource } from '../grpc/grpc-source.service.js';
import { type Comparable, diffTools, type ToolChange } from '#libs/openapi';

/** A stored tool of an HTTP API, a gRPC server or an agent, as far as a refresh compares it. */
export interface StoredApiTool {
  readonly originalName: string;
  readonly definition: string;
  /** JSON text of an `HttpToolSource`, a `GrpcToolSource` or an `A2aToolSource`; null for what is none. */
  readonly source: string | null;
}

const comparableOf = ({ originalName, definition, source }: StoredApiTool): Comparable[] => {
  if (source === null) return [];
  // Of a gRPC server the path alone is kept, of an agent where it is.
  const { key, binding = {}, argumentsSchema } = JSON.parse(source) as Partial<HttpToolSource> & GrpcToolSource;
  const { title, description, inputSchema } = JSON.parse(definition) as Comparable;
  return [
    {
      key,
      name: originalName,
      description,
      inputSchema,
      argumentsSchema: argumentsSchema ?? inputSchema,
      binding: binding as HttpToolSource['binding'],
      deprecated: false,
      ...(title !== undefined && { title }),
    },
  ];
};

/** What callers notice of the change from one reading to another. */
export const changesBetween = (before: readonly StoredApiTool[], after: readonly StoredApiTool[]): ToolChange[] =>
  diffTools(before.flatMap(comparableOf), after.flatMap(comparableOf));

/** The names that operations have, by their keys: a refresh keeps them. */
export const pinnedNames = (tools: readonly StoredApiTool[]): Map<string, string> =>
  new Map(tools.flatMap(comparableOf).map(({ key, name }) => [key, name]));
