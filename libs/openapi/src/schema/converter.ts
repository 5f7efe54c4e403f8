import { createHash } from 'node:crypto';
import { isObject } from '#libs/mcp';
import { type References, Unusable } from '../document/references.js';
import { entriesOf, type Json, type Schema, stringsOf } from '../json.js';
import { bare } from './bare.js';
import { HiddenProperties } from './hidden.js';
import { boundsOf, enumOf, IN_PLACE, PLAIN_KEYWORDS, SUBSCHEMAS, typesOf } from './keywords.js';
import { withNull } from './nullable.js';
import { isPattern } from './patterns.js';

/** A schema of the document that others refer to, converted. */
export interface Component {
  readonly name: string;
  readonly pointer: string;
  schema: Schema | boolean;
  /** The same without words for people. */
  bare: Schema | boolean;
  /** Of its JSON text. */
  chars: number;
  /** The names of the components it refers to. */
  readonly uses: Set<string>;
  readonly warnings: string[];
  /** Why nothing that refers to it can be used. */
  broken: string | null;
}

/** Where the converter stands. */
interface Place {
  /** The pointers that are being converted around this place, without a step into a property or an item. */
  readonly around: readonly string[];
  /** Properties that the schemas around this one hide (`readOnly` in what is sent). */
  readonly hidden: ReadonlySet<string>;
  /** The nearest property, for warnings. */
  readonly property: string;
  readonly uses: Set<string>;
  readonly warnings: string[];
}

export interface Converted {
  readonly schema: Schema | boolean;
  readonly uses: ReadonlySet<string>;
  readonly warnings: readonly string[];
}

/** Deeper compositions would fill the stack. */
const AROUND_MAX = 16;
const WARNINGS_MAX = 50;
const NONE: ReadonlySet<string> = new Set();

/**
 * Turns the schemas of one document into JSON Schema 2020-12, by what stands in them, not by the version they claim:
 * documents mix the dialects. Each component is converted once, whoever refers to it, so that the work is that of the
 * document's size. Nothing it gives may be changed.
 */
export class SchemaConverter {
  readonly #byPointer = new Map<string, Component>();
  readonly #byName = new Map<string, Component>();
  readonly #waiting: Component[] = [];
  readonly #done = new Set<Component>();
  readonly #hidden: HiddenProperties;

  constructor(
    private readonly references: References,
    private readonly options: {
      /** What is left out: `readOnly` properties of what is sent, `writeOnly` ones of what comes back. */
      readonly hides: 'readOnly' | 'writeOnly';
      /** Since 3.1 what stands beside a `$ref` counts; before, its description alone. */
      readonly keepsSiblings: boolean;
    },
  ) {
    this.#hidden = new HiddenProperties(options.hides, references);
  }

  component(name: string): Component | undefined {
    return this.#byName.get(name);
  }

  /** Throws `Unusable` where the schema itself refers to nothing. `uses` names the components it needs. */
  convert(raw: unknown, property: string): Converted {
    const place: Place = { around: [], hidden: NONE, property, uses: new Set(), warnings: [] };
    const schema = this.#schema(raw, place);
    for (let next = this.#waiting.pop(); next !== undefined; next = this.#waiting.pop()) this.#finish(next, []);
    return { schema, uses: place.uses, warnings: place.warnings };
  }

  #finish(component: Component, around: readonly string[]): void {
    if (this.#done.has(component)) return;
    this.#done.add(component);
    const { name, pointer, uses, warnings } = component;
    try {
      const place = { around: [...around, pointer], hidden: NONE, property: name, uses, warnings };
      component.schema = this.#schema(this.references.at(pointer), place);
    } catch (error) {
      if (!(error instanceof Unusable)) throw error;
      component.broken = error.message;
    }
    component.bare = bare(component.schema);
    component.chars = JSON.stringify(component.schema).length;
  }

  #schema(raw: unknown, place: Place): Schema | boolean {
    if (typeof raw === 'boolean') return raw;
    if (!isObject(raw)) {
      warn(place, `the schema of "${place.property}" is not one and allows anything`);
      return {};
    }
    return typeof raw['$ref'] === 'string' ? this.#reference(raw, raw['$ref'], place) : this.#plain(raw, place);
  }

  #reference(raw: Json, reference: string, place: Place): Schema {
    const pointer = this.references.pointerOf(reference);
    const { $ref: _, ...beside } = raw;
    const siblings = this.options.keepsSiblings ? beside : annotationsOf(beside);
    if (place.around.includes(pointer) || place.around.length >= AROUND_MAX) {
      warn(place, `the schema of "${place.property}" refers to itself without end; there it allows anything`);
      return {};
    }
    const component = this.#componentAt(pointer);
    // Now, so that a cycle shows; below a property it may wait, so that a long chain does not fill the stack.
    if (place.around.length > 0) this.#finish(component, place.around);
    place.uses.add(component.name);
    const link: Schema = { $ref: `#/$defs/${component.name}` };
    const rest = this.#plain(siblings, place);
    return withNull(siblings, { ...rest, ...link });
  }

  #componentAt(pointer: string): Component {
    const known = this.#byPointer.get(pointer);
    if (known !== undefined) return known;
    // Whether there is anything is asked here, of whoever refers to it.
    this.references.at(pointer);
    const component: Component = {
      name: nameOf(pointer),
      pointer,
      schema: {},
      bare: {},
      chars: 2,
      uses: new Set(),
      warnings: [],
      broken: null,
    };
    this.#byPointer.set(pointer, component);
    this.#byName.set(component.name, component);
    this.#waiting.push(component);
    return component;
  }

  #plain(raw: Json, place: Place): Schema {
    const hidden = new Set([...place.hidden, ...this.#hidden.namesIn(raw)]);
    const out: [string, unknown][] = [];
    const types = typesOf(raw['type']);
    if (types !== undefined) out.push(['type', types.length === 1 ? types[0] : types]);
    else if (raw['type'] !== undefined) warn(place, `the type of "${place.property}" is not known and allows anything`);
    const values = enumOf(raw['enum']);
    if (values !== undefined) out.push(['enum', values]);
    for (const [keyword, value] of Object.entries(raw)) {
      const read = Object.hasOwn(PLAIN_KEYWORDS, keyword) ? PLAIN_KEYWORDS[keyword] : undefined;
      if (read !== undefined) this.#keyword(keyword, value, read(value), place, out);
      else if (Object.hasOwn(SUBSCHEMAS, keyword)) this.#subschemas(keyword, value, place, hidden, out);
    }
    out.push(...this.#items(raw, place), ...this.#dependencies(raw, place), ...Object.entries(boundsOf(raw)));
    out.push(...binaryWords(raw));
    const required = stringsOf(raw['required']).filter((name) => !hidden.has(name));
    if (required.length > 0) out.push(['required', [...new Set(required)]]);
    return withNull(raw, Object.fromEntries(out));
  }

  #keyword(keyword: string, value: unknown, read: unknown, place: Place, out: [string, unknown][]): void {
    if (keyword === 'minimum' || keyword === 'maximum') return;
    if (read !== undefined) out.push([keyword, read]);
    else if (keyword === 'pattern') warn(place, `pattern of "${place.property}" does not compile and was left out`);
    else if (value !== null) warn(place, `${keyword} of "${place.property}" has no value it can have and was left out`);
  }

  #subschemas(
    keyword: string,
    value: unknown,
    place: Place,
    hidden: ReadonlySet<string>,
    out: [string, unknown][],
  ): void {
    const inner: Place = IN_PLACE.has(keyword) ? { ...place, hidden } : { ...place, around: [], hidden: NONE };
    const kind = SUBSCHEMAS[keyword];
    if (kind === 'one') {
      if (isObject(value) || typeof value === 'boolean') out.push([keyword, this.#schema(value, inner)]);
    } else if (kind === 'list') {
      if (Array.isArray(value) && value.length > 0) out.push([keyword, value.map((item) => this.#schema(item, inner))]);
    } else out.push([keyword, this.#map(keyword, value, inner)]);
  }

  #map(keyword: string, value: unknown, inner: Place): Schema {
    // `$ref` may stand in place of the map itself.
    const entries = entriesOf(typeof (value as Json)?.['$ref'] === 'string' ? this.references.object(value) : value);
    const kept: [string, unknown][] = [];
    for (const [name, schema] of entries) {
      if (keyword === 'patternProperties' && !isPattern(name)) {
        warn(inner, `a pattern for the properties of "${inner.property}" does not compile and was left out`);
      } else if (keyword !== 'properties') kept.push([name, this.#schema(schema, { ...inner, property: name })]);
      else if (!this.#hidden.isHidden(schema)) {
        if (isObject(schema) || typeof schema === 'boolean') {
          kept.push([name, this.#schema(schema, { ...inner, property: name })]);
        }
      }
    }
    return Object.fromEntries(kept);
  }

  /** Before 2020-12 a list of items by position stood in `items`. */
  #items(raw: Json, place: Place): [string, unknown][] {
    const { items, additionalItems } = raw;
    const inner: Place = { ...place, around: [], hidden: NONE };
    if (Array.isArray(items)) {
      const first: [string, unknown][] =
        items.length > 0 ? [['prefixItems', items.map((item: unknown) => this.#schema(item, inner))]] : [];
      const more = isObject(additionalItems) || typeof additionalItems === 'boolean';
      return more ? [...first, ['items', this.#schema(additionalItems, inner)]] : first;
    }
    return isObject(items) || typeof items === 'boolean' ? [['items', this.#schema(items, inner)]] : [];
  }

  #dependencies(raw: Json, place: Place): [string, unknown][] {
    const needed: [string, string[]][] = [];
    const schemas: [string, unknown][] = [];
    for (const [name, value] of entriesOf(raw['dependencies'])) {
      if (Array.isArray(value)) needed.push([name, [...new Set(stringsOf(value))]]);
      else schemas.push([name, this.#schema(value, place)]);
    }
    return [
      ...(needed.length > 0 ? ([['dependentRequired', Object.fromEntries(needed)]] as [string, unknown][]) : []),
      ...(schemas.length > 0 ? ([['dependentSchemas', Object.fromEntries(schemas)]] as [string, unknown][]) : []),
    ];
  }
}

const warn = ({ warnings }: Place, warning: string): void => {
  if (warnings.length < WARNINGS_MAX && !warnings.includes(warning)) warnings.push(warning.slice(0, 300));
};

/** What counts beside a `$ref` in every version, whatever the letter of it: vendors mean it. */
const annotationsOf = ({ description, nullable, 'x-nullable': xNullable }: Json): Json => ({
  ...(typeof description === 'string' && { description }),
  ...(nullable === true && { nullable }),
  ...(xNullable === true && { nullable: true }),
});

/** Bytes travel as base64 in the arguments of a tool. */
const binaryWords = (raw: Json): [string, unknown][] =>
  raw['type'] === 'file' || raw['format'] === 'binary' ? [['contentEncoding', 'base64']] : [];

const NAME = /^[A-Za-z0-9_.-]{1,64}$/;

/** The name under `$defs`: that of a schema of the document, else its last word and a hash of where it stands. */
const nameOf = (pointer: string): string => {
  const segments = pointer.split('/');
  const last = segments.at(-1) ?? '';
  const isNamed = /^#\/(components\/schemas|definitions)$/.test(segments.slice(0, -1).join('/'));
  if (isNamed && NAME.test(last) && last !== '__proto__') return last;
  const hash = createHash('sha256').update(pointer).digest('hex').slice(0, 8);
  return `${last.replaceAll(/[^A-Za-z0-9_.-]+/g, '_').slice(0, 48)}_${hash}`;
};
