import { isObject } from '#libs/mcp';
import { entriesOf, memberOf, type Schema, stringsOf } from '../json.js';
import type { Finding } from './change.js';

const DEPTH_MAX = 32;
const FINDINGS_MAX = 200;
const LINK = '#/$defs/';

type Definitions = Readonly<Record<string, unknown>>;

/** Keywords that only tell. */
const WORDS = new Set(['title', 'description', 'default', 'deprecated', 'format', 'examples', '$defs', 'x-step']);
/** Compared on their own. */
const COMPARED = new Set(['type', 'enum', 'required', 'properties', 'items', 'additionalProperties', '$ref']);
/** Bounds: a higher one asks more (`min…`), a lower one allows less (`max…`). */
const FLOORS = ['minimum', 'exclusiveMinimum', 'minLength', 'minItems', 'minProperties'];
const CEILINGS = ['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems', 'maxProperties'];

/**
 * What a caller notices of the change from one arguments schema to another. What cannot be told apart (changed
 * compositions, patterns) counts as breaking.
 */
export const schemaChanges = (before: Schema, after: Schema): Finding[] => new Comparison(before, after).run();

class Comparison {
  readonly #findings: Finding[] = [];
  readonly #old: Definitions;
  readonly #now: Definitions;
  readonly #seen = new Set<string>();

  constructor(
    private readonly before: Schema,
    private readonly after: Schema,
  ) {
    this.#old = (before['$defs'] ?? {}) as Definitions;
    this.#now = (after['$defs'] ?? {}) as Definitions;
  }

  run(): Finding[] {
    this.#schemas(this.before, this.after, '', 0);
    return this.#findings;
  }

  #find(kind: Finding['kind'], reason: string): void {
    if (this.#findings.length < FINDINGS_MAX) this.#findings.push({ kind, reason });
    else if (this.#findings.length === FINDINGS_MAX)
      this.#findings.push({ kind: 'breaking', reason: 'more changed than is told' });
  }

  #schemas(before: unknown, after: unknown, place: string, depth: number): void {
    const pair = `${String(memberOf(before, '$ref'))} ${String(memberOf(after, '$ref'))}`;
    if (pair !== 'undefined undefined') {
      if (this.#seen.has(pair)) return;
      this.#seen.add(pair);
    }
    const old = target(before, this.#old);
    const now = target(after, this.#now);
    // What is not looked into may be anything.
    if (depth > DEPTH_MAX || this.#findings.length >= FINDINGS_MAX) {
      if (JSON.stringify(old) !== JSON.stringify(now)) this.#find('breaking', `${named(place)} changed`);
      return;
    }
    if (!isObject(old) || !isObject(now)) {
      if (old !== now) this.#find('breaking', `${named(place)} takes other values`);
      return;
    }
    this.#types(old, now, place);
    this.#values(old, now, place);
    this.#bounds(old, now, place);
    this.#properties(old, now, place, depth);
    if (old['items'] !== undefined || now['items'] !== undefined) {
      this.#schemas(old['items'] ?? {}, now['items'] ?? {}, `${place}[]`, depth + 1);
    }
    this.#rest(old, now, place);
  }

  #types(old: Schema, now: Schema, place: string): void {
    const were = typesIn(old['type']);
    const are = typesIn(now['type']);
    if (are === null) {
      if (were !== null) this.#find('compatible', `${named(place)} takes more types`);
      return;
    }
    const isWider = (type: string): boolean => are.includes(type) || (type === 'integer' && are.includes('number'));
    if (were === null || !were.every(isWider)) this.#find('breaking', `${named(place)} takes fewer types`);
    else if (were.length !== are.length || !are.every((type) => were.includes(type))) {
      this.#find('compatible', `${named(place)} takes more types`);
    }
  }

  #values(old: Schema, now: Schema, place: string): void {
    const were = valuesIn(old['enum']);
    const are = valuesIn(now['enum']);
    if (are === null) {
      if (were !== null) this.#find('compatible', `${named(place)} takes more values`);
    } else if (were === null || ![...were].every((value) => are.has(value))) {
      this.#find('breaking', `${named(place)} takes fewer values`);
    } else if (are.size > were.size) this.#find('compatible', `${named(place)} takes more values`);
  }

  #bounds(old: Schema, now: Schema, place: string): void {
    const compare = (keyword: string, isStricter: (was: number, is: number) => boolean): void => {
      const was = old[keyword] as number | undefined;
      const is = now[keyword] as number | undefined;
      if (was === is) return;
      const isBreaking = is !== undefined && (was === undefined || isStricter(was, is));
      this.#find(isBreaking ? 'breaking' : 'compatible', `${keyword} of ${named(place)} changed`);
    };
    for (const keyword of FLOORS) compare(keyword, (was, is) => is > was);
    for (const keyword of CEILINGS) compare(keyword, (was, is) => is < was);
  }

  #properties(old: Schema, now: Schema, place: string, depth: number): void {
    const were = new Map(entriesOf(old['properties']));
    const are = new Map(entriesOf(now['properties']));
    const needed = new Set(stringsOf(now['required']));
    const wereNeeded = new Set(stringsOf(old['required']));
    for (const name of needed) {
      if (!wereNeeded.has(name)) this.#find('breaking', `${named(inside(place, name))} is required now`);
    }
    for (const name of wereNeeded) {
      if (!needed.has(name)) this.#find('compatible', `${named(inside(place, name))} is optional now`);
    }
    for (const [name, property] of were) {
      if (are.has(name)) this.#schemas(property, are.get(name), inside(place, name), depth + 1);
      else {
        const isStillTaken = now['additionalProperties'] !== false;
        this.#find(isStillTaken ? 'compatible' : 'breaking', `${named(inside(place, name))} is gone`);
      }
    }
    for (const name of are.keys()) {
      if (!were.has(name)) this.#find('compatible', `${named(inside(place, name))} is new`);
    }
  }

  /** All other keywords, by their text without words. */
  #rest(old: Schema, now: Schema, place: string): void {
    const others = (schema: Schema): string =>
      JSON.stringify(
        Object.entries(schema)
          .filter(
            ([keyword]) =>
              !WORDS.has(keyword) && !COMPARED.has(keyword) && !FLOORS.includes(keyword) && !CEILINGS.includes(keyword),
          )
          .sort(([one], [other]) => (one < other ? -1 : 1)),
        (key, value: unknown) => (key === 'description' || key === 'title' ? undefined : value),
      );
    if (others(old) !== others(now)) this.#find('breaking', `the rules of ${named(place)} changed`);
    if (old['additionalProperties'] !== false && now['additionalProperties'] === false) {
      this.#find('breaking', `${named(place)} takes no other properties`);
    }
  }
}

const target = (schema: unknown, definitions: Definitions): unknown => {
  const link = memberOf(schema, '$ref');
  return typeof link === 'string' ? (definitions[link.slice(LINK.length)] ?? {}) : schema;
};

const typesIn = (type: unknown): string[] | null =>
  type === undefined ? null : typeof type === 'string' ? [type] : stringsOf(type);

const valuesIn = (values: unknown): Set<string> | null =>
  Array.isArray(values) ? new Set(values.map((value) => JSON.stringify(value))) : null;

const inside = (place: string, name: string): string => (place === '' ? name : `${place}.${name}`);

const named = (place: string): string => (place === '' ? 'the arguments' : `"${place}"`);
