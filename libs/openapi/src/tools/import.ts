import type { ApiDocument, Operation, Skipped } from '../document/document.js';
import { Unusable } from '../document/references.js';
import { baseUrlOf, type ServerChoice } from '../document/servers.js';
import { SchemaConverter } from '../schema/converter.js';
import { annotationsOf, descriptionOf } from './annotations.js';
import { type Input, inputOf } from './input-schema.js';
import { TOOL_LIMITS, type ToolLimits } from './limits.js';
import { ToolNames } from './names.js';
import { outputSchemaOf } from './output-schema.js';
import { type HttpTool, tokensOf } from './tool.js';

/** Which operations are wanted: every given condition must hold; within one, any of its values. */
export interface Choice {
  readonly tags?: readonly string[];
  readonly methods?: readonly string[];
  /** Beginnings of paths. */
  readonly paths?: readonly string[];
  /** `METHOD /path`. */
  readonly operations?: readonly string[];
}

/** Which operations become tools, under which names, and for which server. */
export interface ImportOptions {
  readonly server?: ServerChoice;
  readonly choice?: Choice;
  /** Characters that the gateway puts before every name. */
  readonly prefixChars?: number;
  /** Names given before, by operation key. */
  readonly pinnedNames?: ReadonlyMap<string, string>;
  /** Parameters that a stored credential fills, by their names on the wire. */
  readonly credentialParameters?: readonly string[];
  /** By operation key, where the preferred media type of a body is not wanted. */
  readonly bodyMediaTypes?: Readonly<Record<string, string>>;
  /** By operation key: jq, for what comes back. */
  readonly responseFilters?: Readonly<Record<string, string>>;
  /** By operation key: those that only read, whatever their method says. */
  readonly readOnlyOperations?: readonly string[];
  readonly publishesOutputSchemas?: boolean;
  readonly limits?: ToolLimits;
}

/** What a document became: the tools, and the operations that make none. */
export interface Imported {
  readonly baseUrl: string;
  readonly tools: readonly HttpTool[];
  readonly skipped: readonly Skipped[];
}

/**
 * The tools that the operations of a document make; an operation that makes none is skipped with the reason. Throws
 * `http.invalid` where no server is known.
 */
export const importTools = (document: ApiDocument, options: ImportOptions = {}): Imported => {
  const { limits = TOOL_LIMITS, server = {} } = options;
  const baseUrl = baseUrlOf(document.servers, server);
  const names = new ToolNames(options.prefixChars, options.pinnedNames);
  const workshop = new Workshop(document, baseUrl, options, limits);
  const tools: HttpTool[] = [];
  const skipped: Skipped[] = [...document.skipped];
  for (const operation of document.operations) {
    if (!isChosen(operation, options.choice)) continue;
    try {
      tools.push(workshop.toolOf(operation, names));
    } catch (error) {
      if (!(error instanceof Unusable)) throw error;
      skipped.push({ key: operation.key, reason: error.message });
    }
  }
  return { baseUrl, tools, skipped };
};

export const isChosen = (operation: Operation, choice: Choice = {}): boolean => {
  const { tags, methods, paths, operations } = choice;
  return (
    (tags === undefined || operation.tags.some((tag) => tags.includes(tag))) &&
    (methods === undefined || methods.some((method) => method.toUpperCase() === operation.method)) &&
    (paths === undefined || paths.some((path) => operation.path.startsWith(path))) &&
    (operations === undefined || operations.includes(operation.key))
  );
};

/** Makes the tools of one document, which share its converted schemas. */
class Workshop {
  readonly #input: SchemaConverter;
  readonly #output: SchemaConverter;
  readonly #withheld: ReadonlySet<string>;
  readonly #readOnly: ReadonlySet<string>;
  /** Of the schemas that were looked at, also for nothing: each may lead to all of a document. */
  #chars = 0;
  #outputChars = 0;

  constructor(
    private readonly document: ApiDocument,
    private readonly baseUrl: string,
    private readonly options: ImportOptions,
    private readonly limits: ToolLimits,
  ) {
    const keepsSiblings = document.version === '3.1' || document.version === '3.2';
    this.#input = new SchemaConverter(document.references, { hides: 'readOnly', keepsSiblings });
    this.#output = new SchemaConverter(document.references, { hides: 'writeOnly', keepsSiblings });
    this.#withheld = new Set(options.credentialParameters);
    this.#readOnly = new Set(options.readOnlyOperations);
  }

  toolOf(operation: Operation, names: ToolNames): HttpTool {
    const { document, limits, options } = this;
    if (this.#chars > limits.allSchemasCharsMax) {
      throw new Unusable(`the schemas before it are longer than ${limits.allSchemasCharsMax} characters together`);
    }
    const baseUrl = this.#ownBaseUrl(operation);
    const bodyMediaType = options.bodyMediaTypes?.[operation.key];
    const input = this.#inputOf(operation, bodyMediaType);
    const filter = ownMember(options.responseFilters, operation.key);
    // What a filter makes of an answer is not what the document describes.
    const outputSchema =
      options.publishesOutputSchemas && filter === undefined && this.#outputChars <= limits.allSchemasCharsMax
        ? outputSchemaOf(operation, document, this.#output, limits, (chars) => {
            this.#outputChars += chars;
          })
        : undefined;
    const security = operation.security ?? null;
    const otherOrigin = baseUrl === null ? null : originOf(baseUrl, this.baseUrl);
    const shown = {
      name: names.nameFor(operation),
      description: descriptionOf(operation, limits.descriptionCharsMax),
      inputSchema: input.inputSchema,
    };
    return {
      key: operation.key,
      ...shown,
      ...(operation.summary !== undefined && { title: operation.summary }),
      argumentsSchema: input.argumentsSchema,
      ...(outputSchema !== undefined && { outputSchema }),
      annotations: annotationsOf(operation, this.#readOnly.has(operation.key) || undefined),
      ...(filter !== undefined && { filter }),
      binding: {
        method: operation.method,
        baseUrl,
        path: operation.path,
        parameters: input.parameters,
        body: input.body,
        others: 'refused',
        headers: {},
        // Another origin is never shown a credential.
        security: otherOrigin === null ? security : [],
      },
      tags: operation.tags,
      deprecated: operation.deprecated,
      otherOrigin,
      security,
      tokens: tokensOf(shown),
      warnings: [...operation.warnings, ...input.warnings],
    };
  }

  #inputOf(operation: Operation, bodyMediaType: string | undefined): Input {
    try {
      const input = inputOf(operation, this.document, {
        converter: this.#input,
        limits: this.limits,
        withheld: this.#withheld,
        ...(bodyMediaType !== undefined && { bodyMediaType }),
      });
      this.#chars += input.chars;
      return input;
    } catch (error) {
      if (error instanceof Unusable) this.#chars += error.chars;
      throw error;
    }
  }

  /** Where the operation has servers of its own; `null`: those of the document. */
  #ownBaseUrl({ servers }: Operation): string | null {
    if (servers === undefined) return null;
    try {
      const variables = this.options.server?.variables ?? {};
      const base = baseUrlOf(servers, { documentUrl: `${this.baseUrl}/`, variables });
      return base === this.baseUrl ? null : base;
    } catch (error) {
      throw new Unusable(`its own server cannot be used: ${(error as Error).message}`);
    }
  }
}

const ownMember = (texts: Readonly<Record<string, string>> = {}, key: string): string | undefined =>
  Object.hasOwn(texts, key) ? texts[key] : undefined;

const originOf = (url: string, base: string): string | null => {
  const { origin } = new URL(url);
  return origin === new URL(base).origin ? null : origin;
};
