import { isObject } from '../../json/is-object.js';
import { withMembers } from '../../json/members.js';
import { Faulty, type Note, type Rule } from './mend.js';
import { CUT_SCHEMA, withShownTexts } from './shown-text.js';

const TYPES = new Set(['array', 'boolean', 'integer', 'null', 'number', 'object', 'string']);
/** Words that are said of objects alone. */
const OF_OBJECTS = ['properties', 'required', 'additionalProperties', 'patternProperties', 'propertyNames'];

/**
 * The schema of a tool's arguments: an object, as calls have it, even where that was left unsaid.
 * https://modelcontextprotocol.io/specification/2026-07-28/server/tools#tool
 */
export const inputSchema: Rule = (value, text, note) => {
  if (!isObject(value)) throw new Faulty('its inputSchema is not an object');
  const { type } = value;
  const changes = commonChanges(value, note);
  const isObjectType = type === undefined || type === null || (Array.isArray(type) && type.includes('object'));
  if (isObjectType || (typeof type === 'string' && type.trim().toLowerCase() === 'object')) {
    if (type !== 'object') {
      if (Object.keys(value).length > 0) note('does not say that it is of an object; it does now');
      changes.type = '"object"';
    }
  } else throw new Faulty('its inputSchema is not of an object');
  return changed(value, text, changes, note);
};

/** The schema of what a tool answers, which may be of anything. Only what makes it unreadable is mended. */
export const outputSchema: Rule = (value, text, note) => {
  if (!isObject(value)) {
    note('is no object and left out');
    return null;
  }
  try {
    const changes = commonChanges(value, note);
    const isPlainlyOfObjects = OF_OBJECTS.some((word) => Object.hasOwn(value, word));
    if ((value.type === undefined || value.type === null) && isPlainlyOfObjects) changes.type = '"object"';
    else if (value.type === null) changes.type = null;
    return changed(value, text, changes, note);
  } catch (error) {
    if (!(error instanceof Faulty)) throw error;
    note(`is left out: ${error.message.replace(/^its /, '')}`);
    return null;
  }
};

type Json = Readonly<Record<string, unknown>>;

const commonChanges = (schema: Json, note: Note): Record<string, string | null> => {
  const changes: Record<string, string | null> = {};
  if (Object.hasOwn(schema, '$schema') && typeof schema.$schema !== 'string') changes.$schema = null;
  const properties = propertiesChange(schema);
  if (properties !== undefined) changes.properties = properties;
  const required = requiredChange(schema, note);
  if (required !== undefined) changes.required = required;
  return changes;
};

const propertiesChange = (schema: Json): string | null | undefined => {
  if (!Object.hasOwn(schema, 'properties')) return undefined;
  const { properties } = schema;
  if (properties === null || (Array.isArray(properties) && properties.length === 0)) return null;
  if (!isObject(properties)) throw new Faulty('its properties are no object');
  const mended = Object.entries(properties).map(([name, property]) => [name, propertyOf(name, property)] as const);
  if (mended.every(([name, property]) => property === properties[name])) return undefined;
  return JSON.stringify(Object.fromEntries(mended));
};

/** `true` and `false` are schemas, but the SDK of before 2026-07-28 reads objects alone: these mean the same. */
const propertyOf = (name: string, property: unknown): unknown => {
  if (isObject(property)) return property;
  if (property === true || property === null) return {};
  if (property === false) return { not: {} };
  if (typeof property === 'string' && TYPES.has(property)) return { type: property };
  throw new Faulty(`its property "${name.slice(0, 64)}" is no schema`);
};

const requiredChange = (schema: Json, note: Note): string | null | undefined => {
  if (!Object.hasOwn(schema, 'required')) return undefined;
  const { required } = schema;
  if (Array.isArray(required)) {
    const names = required.filter((name) => typeof name === 'string');
    return names.length === required.length ? undefined : JSON.stringify(names);
  }
  if (typeof required === 'string') return JSON.stringify([required]);
  if (required !== null) note('has a "required" that is no list; it is left out');
  return null;
};

const changed = (
  value: Json,
  text: () => string,
  changes: Readonly<Record<string, string | null>>,
  note: Note,
): string | undefined => {
  const mended = Object.keys(changes).length === 0 ? undefined : withMembers(text(), changes);
  const shown = withShownTexts(value);
  if (shown === value) return mended;
  note(CUT_SCHEMA);
  const again: unknown = mended === undefined ? shown : withShownTexts(JSON.parse(mended));
  return JSON.stringify(again);
};
