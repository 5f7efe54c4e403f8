import type { ApiDocument, SecurityScheme, ServerTemplate, Skipped } from '../document/document.js';
import type { Imported } from './import.js';
import { TOOLS_ADVISED_MAX } from './limits.js';

/** What an import would bring, before anything is stored. */
export interface Preview {
  readonly version: string;
  readonly title: string;
  readonly apiVersion: string;
  readonly baseUrl: string;
  readonly servers: readonly ServerTemplate[];
  readonly securitySchemes: Readonly<Record<string, SecurityScheme>>;
  readonly tags: readonly { readonly name: string; readonly description?: string; readonly tools: number }[];
  readonly methods: Readonly<Record<string, number>>;
  readonly tools: readonly {
    readonly key: string;
    readonly name: string;
    readonly title?: string;
    readonly tags: readonly string[];
    readonly deprecated: boolean;
    readonly tokens: number;
    readonly otherOrigin: string | null;
    readonly warnings: readonly string[];
  }[];
  /** Of all tools together. */
  readonly tokens: number;
  readonly skipped: readonly Skipped[];
  readonly warnings: readonly string[];
}

/** What a document would become, for somebody to look at before it is registered. */
export const previewOf = (document: ApiDocument, { baseUrl, tools, skipped }: Imported): Preview => {
  const { version, title, apiVersion, servers, securitySchemes } = document;
  const warnings = [...document.warnings];
  if (tools.length > TOOLS_ADVISED_MAX) {
    warnings.push(
      `${tools.length} tools: some models' APIs stop at ${TOOLS_ADVISED_MAX}; choose by tag, method or path`,
    );
  }
  if (Object.keys(securitySchemes).length === 0) {
    warnings.push('the document declares no security: if the API asks for a credential, it has to be given by hand');
  }
  return {
    version,
    title,
    apiVersion,
    baseUrl,
    servers,
    securitySchemes,
    tags: tagsOf(document, tools),
    methods: countsOf(tools.map((tool) => tool.binding.method)),
    tools: tools.map(({ key, name, title, tags, deprecated, tokens, otherOrigin, warnings }) => ({
      key,
      name,
      ...(title !== undefined && { title }),
      tags,
      deprecated,
      tokens,
      otherOrigin,
      warnings,
    })),
    tokens: tools.reduce((sum, tool) => sum + tool.tokens, 0),
    skipped,
    warnings,
  };
};

const countsOf = (words: readonly string[]): Record<string, number> => {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return Object.fromEntries(counts);
};

const tagsOf = (document: ApiDocument, tools: Imported['tools']): Preview['tags'] => {
  const counts = countsOf(tools.flatMap((tool) => tool.tags));
  const described = new Map(document.tags.map(({ name, description }) => [name, description]));
  return Object.entries(counts).map(([name, count]) => {
    const description = described.get(name);
    return { name, ...(description !== undefined && { description }), tools: count };
  });
};
