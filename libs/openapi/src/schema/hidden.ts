import { isObject } from '#libs/mcp';
import { type References, Unusable } from '../document/references.js';
import { entriesOf, type Json } from '../json.js';

const DEPTH_MAX = 16;
const HIDDEN_MAX = 1_000;

/**
 * Which properties a document hides from one direction: `readOnly` ones from what is sent, `writeOnly` ones from what
 * comes back.
 */
export class HiddenProperties {
  readonly #own = new WeakMap<object, readonly string[]>();

  constructor(
    private readonly word: 'readOnly' | 'writeOnly',
    private readonly references: References,
  ) {}

  /** Is this property, or what it refers to, hidden? */
  isHidden(property: unknown): boolean {
    if (!isObject(property)) return false;
    if (property[this.word] === true) return true;
    if (property['$ref'] === undefined) return false;
    const found = this.#resolved(property);
    return isObject(found) && found[this.word] === true;
  }

  /**
   * The hidden names of a schema and of all it is composed of: what one part hides, another must not ask for. Empty where
   * the schema asks for nothing.
   */
  namesIn(schema: Json): Set<string> {
    const names = new Set<string>();
    const seen = new Set<unknown>();
    const visit = (part: unknown, depth: number): void => {
      const found = this.#resolved(part);
      if (!isObject(found) || seen.has(found) || depth > DEPTH_MAX || names.size > HIDDEN_MAX) return;
      seen.add(found);
      for (const name of this.#ownNames(found)) names.add(name);
      if (Array.isArray(found['allOf'])) for (const inner of found['allOf']) visit(inner, depth + 1);
    };
    if (schema['required'] !== undefined || schema['allOf'] !== undefined) visit(schema, 0);
    return names;
  }

  #ownNames(schema: Json): readonly string[] {
    const known = this.#own.get(schema);
    if (known !== undefined) return known;
    const properties = entriesOf(this.#resolved(schema['properties']));
    const names = properties.filter(([, property]) => this.isHidden(property)).map(([name]) => name);
    this.#own.set(schema, names);
    return names;
  }

  #resolved(value: unknown): unknown {
    try {
      return this.references.resolve(value).value;
    } catch (error) {
      if (error instanceof Unusable) return undefined;
      throw error;
    }
  }
}
