import {
  type DescField,
  type DescMessage,
  type JsonObject,
  type JsonValue,
  type Registry,
  ScalarType,
} from '@bufbuild/protobuf';

/**
 * `toJson` writes a 32-bit float as the double that it became: 19.99 as 19.989999771118164. What other implementations write,
 * the shortest number that is the same float, takes its place. `json` is of `type`, and is changed.
 * https://protobuf.dev/programming-guides/json/
 */
export const withShortFloats = (type: DescMessage, json: JsonValue, registry: Registry): JsonValue =>
  canHaveFloats(type) ? ofMessage(type, json, registry) : json;

const ofMessage = (type: DescMessage, json: JsonValue, registry: Registry): JsonValue => {
  if (type.typeName === 'google.protobuf.FloatValue') return shortest(json);
  if (!isObject(json)) return json;
  if (type.typeName === 'google.protobuf.Any') return ofAny(json, registry);
  const fields = fieldsOf(type);
  for (const [name, value] of Object.entries(json)) {
    const field = name.startsWith('[') ? registry.getExtension(name.slice(1, -1)) : fields.get(name);
    if (field !== undefined) json[name] = ofField(field, value, registry);
  }
  return json;
};

const ofField = (
  field: Pick<DescField, 'fieldKind' | 'scalar' | 'message'>,
  json: JsonValue,
  registry: Registry,
): JsonValue => {
  const ofOne = (value: JsonValue): JsonValue => {
    if (field.scalar === ScalarType.FLOAT) return shortest(value);
    return field.message === undefined ? value : ofMessage(field.message, value, registry);
  };
  if (field.fieldKind === 'list' && Array.isArray(json)) return json.map(ofOne);
  if (field.fieldKind !== 'map' || !isObject(json)) return ofOne(json);
  for (const [key, value] of Object.entries(json)) json[key] = ofOne(value);
  return json;
};

/** A type whose JSON is no object stands as `value`. */
const ofAny = (json: JsonObject, registry: Registry): JsonObject => {
  const url = json['@type'];
  const type = typeof url === 'string' ? registry.getMessage(url.slice(url.lastIndexOf('/') + 1)) : undefined;
  if (type === undefined) return json;
  if (type.typeName.startsWith('google.protobuf.') && json['value'] !== undefined)
    json['value'] = ofMessage(type, json['value'], registry);
  else ofMessage(type, json, registry);
  return json;
};

const DIGITS_MIN = 1;
/** Always enough to tell a float from any other. */
const DIGITS_MAX = 9;

const shortest = (json: JsonValue): JsonValue => {
  if (typeof json !== 'number') return json;
  for (let digits = DIGITS_MIN; digits < DIGITS_MAX; digits++) {
    const short = Number(json.toPrecision(digits));
    if (Math.fround(short) === json) return short;
  }
  return Number(json.toPrecision(DIGITS_MAX));
};

const known = new WeakMap<DescMessage, { readonly fields: ReadonlyMap<string, DescField>; canHaveFloats?: boolean }>();

const aboutOf = (type: DescMessage) => {
  const about = known.get(type) ?? {
    fields: new Map(type.fields.flatMap((field) => [[field.name, field] as const, [field.jsonName, field] as const])),
  };
  known.set(type, about);
  return about;
};

const fieldsOf = (type: DescMessage): ReadonlyMap<string, DescField> => aboutOf(type).fields;

const canHaveFloats = (type: DescMessage): boolean => {
  const about = aboutOf(type);
  about.canHaveFloats ??= reaches(type, new Set());
  return about.canHaveFloats;
};

/** What is in an `Any`, or in an extension, shows only in a message. */
const reaches = (type: DescMessage, seen: Set<DescMessage>): boolean => {
  if (seen.has(type)) return false;
  seen.add(type);
  if (type.typeName === 'google.protobuf.Any' || type.proto.extensionRange.length > 0) return true;
  return type.fields.some(
    ({ scalar, message }) => scalar === ScalarType.FLOAT || (message !== undefined && reaches(message, seen)),
  );
};

const isObject = (json: JsonValue): json is JsonObject =>
  typeof json === 'object' && json !== null && !Array.isArray(json);
