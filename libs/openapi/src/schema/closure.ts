import { Unusable } from '../document/references.js';
import type { Schema } from '../json.js';
import { bare } from './bare.js';
import type { Component, SchemaConverter } from './converter.js';

export interface Closure {
  readonly components: readonly Component[];
  /** Of the JSON text of all of them. */
  readonly chars: number;
}

/**
 * All components that the named ones lead to. Throws `Unusable` where one of them cannot be used, or where they are longer
 * than `charsMax` together.
 */
export const closureOf = (uses: ReadonlySet<string>, converter: SchemaConverter, charsMax: number): Closure => {
  const components = new Map<string, Component>();
  const waiting = [...uses];
  let chars = 0;
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const component = components.has(name) ? undefined : converter.component(name);
    if (component === undefined) continue;
    if (component.broken !== null) throw new Unusable(component.broken, chars);
    components.set(name, component);
    chars += component.chars;
    if (chars > charsMax) throw new Unusable(`its schema is longer than ${charsMax} characters`, chars);
    waiting.push(...component.uses);
  }
  return { components: [...components.values()].sort((one, other) => (one.name < other.name ? -1 : 1)), chars };
};

/** A schema with everything it refers to under `$defs`. */
export const withDefinitions = (schema: Schema, { components }: Closure): Schema =>
  defined(schema, components, 'schema');

/** The same without words for people: what arguments are checked against. */
export const withBareDefinitions = (schema: Schema, { components }: Closure): Schema =>
  defined(bare(schema) as Schema, components, 'bare');

const defined = (schema: Schema, components: readonly Component[], form: 'schema' | 'bare'): Schema =>
  components.length === 0
    ? schema
    : { ...schema, $defs: Object.fromEntries(components.map((component) => [component.name, component[form]])) };
