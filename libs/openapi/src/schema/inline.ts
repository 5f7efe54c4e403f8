import { isObject } from '#libs/mcp';
import type { Schema } from '../json.js';
import { SUBSCHEMAS } from './keywords.js';

/** Levels of references that are tried, the deepest first, until the text is short enough. */
const LEVELS = [12, 8, 6, 5, 4, 3, 2];
/** A schema stands within itself this often before it is cut. */
const REPEATS_MAX = 3;
/** So short a schema without references is never cut: an enum, a date. */
const LEAF_CHARS_MAX = 300;

export interface Inlined {
  readonly schema: Schema;
  /** The inlined schema says less than the one it was made of. */
  readonly isCut: boolean;
}

/**
 * The schema without any `$ref`, since models' APIs refuse those: what stands under `$defs` is put in its places. Where it
 * is recursive, or longer than `charsMax`, its deep parts are cut to their type and a note; at the last, descriptions go.
 * `null` where even that is longer than `hardMax`.
 */
export const inline = (schema: Schema, charsMax: number, hardMax: number): Inlined | null => {
  const definitions = (schema['$defs'] ?? {}) as Readonly<Record<string, Schema | boolean>>;
  if (Object.keys(definitions).length === 0) {
    return JSON.stringify(schema).length <= hardMax
      ? { schema, isCut: false }
      : shortened(schema, definitions, hardMax);
  }
  for (const levels of LEVELS) {
    const inlined = new Inlining(definitions, levels, charsMax, true).run(schema);
    if (inlined !== null) return inlined;
  }
  return shortened(schema, definitions, hardMax);
};

const shortened = (schema: Schema, definitions: Readonly<Record<string, Schema | boolean>>, hardMax: number) => {
  const least = LEVELS.at(-1) as number;
  return (
    new Inlining(definitions, least, hardMax, true).run(schema) ??
    new Inlining(definitions, least, hardMax, false).run(schema)
  );
};

const LINK = '#/$defs/';

class Inlining {
  #chars = 0;
  #isCut = false;

  constructor(
    private readonly definitions: Readonly<Record<string, Schema | boolean>>,
    private readonly levelsMax: number,
    private readonly charsMax: number,
    private readonly keepsDescriptions: boolean,
  ) {}

  run(schema: Schema): Inlined | null {
    const inlined = this.#schema(
      Object.fromEntries(Object.entries(schema).filter(([keyword]) => keyword !== '$defs')),
      [],
    );
    if (this.#chars > this.charsMax || !isObject(inlined)) return null;
    return JSON.stringify(inlined).length > this.charsMax ? null : { schema: inlined, isCut: this.#isCut };
  }

  #schema(schema: unknown, within: readonly string[]): unknown {
    if (!isObject(schema) || this.#chars > this.charsMax) return schema;
    const link = schema['$ref'];
    if (typeof link !== 'string') return this.#plain(schema, within);
    const { $ref: _, ...siblings } = schema;
    const name = link.slice(LINK.length);
    const definition = this.definitions[name] ?? {};
    const target = this.#isTooDeep(name, definition, within)
      ? this.#cut(name, definition)
      : this.#schema(definition, [...within, name]);
    return this.#beside(siblings, target, within);
  }

  #isTooDeep(name: string, definition: unknown, within: readonly string[]): boolean {
    if (within.filter((outer) => outer === name).length >= REPEATS_MAX) return true;
    if (within.length < this.levelsMax) return false;
    const text = JSON.stringify(definition);
    return text.length > LEAF_CHARS_MAX || text.includes('"$ref"');
  }

  /** Never stricter than what it stands for. */
  #cut(name: string, definition: unknown): Schema {
    this.#isCut = true;
    const type = isObject(definition) ? definition['type'] : undefined;
    const words = { ...(type !== undefined && { type }), description: `${name}, not shown in full` };
    this.#chars += JSON.stringify(words).length;
    return words;
  }

  /** What stands beside a reference counts together with what it leads to; a description takes the place of the other. */
  #beside(siblings: Schema, target: unknown, within: readonly string[]): unknown {
    const words = Object.keys(siblings);
    if (words.length === 0) return target;
    if (words.every((word) => word === 'description' || word === 'title') && isObject(target)) {
      const { title, description } = this.#plain(siblings, within);
      return { ...target, ...(title !== undefined && { title }), ...(description !== undefined && { description }) };
    }
    const plain = this.#plain(siblings, within);
    const all = Array.isArray(plain['allOf']) ? (plain['allOf'] as unknown[]) : [];
    return { ...plain, allOf: [...all, target] };
  }

  #plain(schema: Schema, within: readonly string[]): Schema {
    const out: [string, unknown][] = [];
    for (const [keyword, value] of Object.entries(schema)) {
      if (keyword === 'description' && !this.keepsDescriptions) continue;
      this.#chars += keyword.length + 4;
      const kind = keyword === 'items' ? 'one' : Object.hasOwn(SUBSCHEMAS, keyword) ? SUBSCHEMAS[keyword] : undefined;
      if (kind === 'one') out.push([keyword, this.#schema(value, within)]);
      else if (kind === 'list') out.push([keyword, (value as unknown[]).map((item) => this.#schema(item, within))]);
      else if (kind === 'map') out.push([keyword, this.#map(value as Schema, within)]);
      else {
        this.#chars += JSON.stringify(value).length;
        out.push([keyword, value]);
      }
      if (this.#chars > this.charsMax) break;
    }
    return Object.fromEntries(out);
  }

  #map(map: Schema, within: readonly string[]): Schema {
    const out: [string, unknown][] = [];
    for (const [name, schema] of Object.entries(map)) {
      this.#chars += name.length + 4;
      out.push([name, this.#schema(schema, within)]);
      if (this.#chars > this.charsMax) break;
    }
    return Object.fromEntries(out);
  }
}
