import type { SecurityRequirement } from '../document/document.js';
import type { Schema } from '../json.js';
import type { HttpBinding } from '../request/binding.js';
import type { ToolAnnotations } from './annotations.js';

/** A tool made of an operation: what a client sees of it, and how a call of it becomes a request. */
export interface HttpTool {
  /** `METHOD /path`. */
  readonly key: string;
  readonly name: string;
  readonly title?: string;
  readonly description: string;
  /** What clients are shown: JSON Schema 2020-12, an object at its root, without references. */
  readonly inputSchema: Schema;
  /**
   * What arguments are checked against: the whole schema with `$defs`, where `inputSchema` had to be cut; `null`: the same.
   */
  readonly argumentsSchema: Schema | null;
  /** Only on demand; it describes and refuses nothing. */
  readonly outputSchema?: Schema;
  readonly annotations: ToolAnnotations;
  readonly binding: HttpBinding;
  /** jq, for what comes back. */
  readonly filter?: string;
  readonly tags: readonly string[];
  readonly deprecated: boolean;
  /** Another origin than the document's: not called until the operator allows it, and never with the credential. */
  readonly otherOrigin: string | null;
  readonly security: readonly SecurityRequirement[] | null;
  /** Of name, description and schema, as a model reads them: about four characters each. */
  readonly tokens: number;
  readonly warnings: readonly string[];
}

const CHARS_PER_TOKEN = 4;

export const tokensOf = (tool: Pick<HttpTool, 'name' | 'description' | 'inputSchema'>): number =>
  Math.ceil((tool.name.length + tool.description.length + JSON.stringify(tool.inputSchema).length) / CHARS_PER_TOKEN);
