import { ScalarType } from '@bufbuild/protobuf';
import type { Schema } from '#libs/openapi';

const {
  BOOL,
  BYTES,
  DOUBLE,
  FIXED32,
  FIXED64,
  FLOAT,
  INT32,
  INT64,
  SFIXED32,
  SFIXED64,
  SINT32,
  SINT64,
  STRING,
  UINT32,
  UINT64,
} = ScalarType;

const SIGNED_32 = { type: 'integer', minimum: -(2 ** 31), maximum: 2 ** 31 - 1 };
const UNSIGNED_32 = { type: 'integer', minimum: 0, maximum: 2 ** 32 - 1 };
/** As text, since numbers of JSON are rounded beyond 2^53. */
const SIGNED_64 = { type: ['string', 'integer'], pattern: '^-?[0-9]+$' };
const UNSIGNED_64 = { type: ['string', 'integer'], pattern: '^[0-9]+$' };

const SCHEMAS: Readonly<Record<ScalarType, Schema>> = {
  [DOUBLE]: { type: 'number' },
  [FLOAT]: { type: 'number' },
  [INT64]: SIGNED_64,
  [SINT64]: SIGNED_64,
  [SFIXED64]: SIGNED_64,
  [UINT64]: UNSIGNED_64,
  [FIXED64]: UNSIGNED_64,
  [INT32]: SIGNED_32,
  [SINT32]: SIGNED_32,
  [SFIXED32]: SIGNED_32,
  [UINT32]: UNSIGNED_32,
  [FIXED32]: UNSIGNED_32,
  [BOOL]: { type: 'boolean' },
  [STRING]: { type: 'string' },
  [BYTES]: { type: 'string', contentEncoding: 'base64' },
};

/** A scalar as the JSON mapping has it. https://protobuf.dev/programming-guides/json/ */
export const scalarSchema = (scalar: ScalarType): Schema => SCHEMAS[scalar];

const KEY_PATTERNS: Partial<Record<ScalarType, string>> = {
  [BOOL]: '^(true|false)$',
  [INT32]: '^-?[0-9]+$',
  [SINT32]: '^-?[0-9]+$',
  [SFIXED32]: '^-?[0-9]+$',
  [INT64]: '^-?[0-9]+$',
  [SINT64]: '^-?[0-9]+$',
  [SFIXED64]: '^-?[0-9]+$',
  [UINT32]: '^[0-9]+$',
  [FIXED32]: '^[0-9]+$',
  [UINT64]: '^[0-9]+$',
  [FIXED64]: '^[0-9]+$',
};

/** What the keys of a map are, which are text in JSON; `undefined`: any text. */
export const keySchema = (scalar: ScalarType): Schema | undefined => {
  const pattern = KEY_PATTERNS[scalar];
  return pattern === undefined ? undefined : { pattern };
};

const NULLABLE = (scalar: ScalarType): Schema => {
  const { type } = SCHEMAS[scalar] as { type: string | string[] };
  return { ...SCHEMAS[scalar], type: [...[type].flat(), 'null'] };
};

const WELL_KNOWN_SCHEMAS: Readonly<Record<string, Schema>> = {
  'google.protobuf.Timestamp': { type: 'string', format: 'date-time' },
  'google.protobuf.Duration': {
    type: 'string',
    pattern: '^-?[0-9]+(\\.[0-9]{1,9})?s$',
    description: 'Seconds: "1.5s"',
  },
  'google.protobuf.FieldMask': { type: 'string', description: 'Paths of fields in camelCase, with commas between' },
  'google.protobuf.Struct': { type: 'object' },
  'google.protobuf.Value': {},
  'google.protobuf.ListValue': { type: 'array', items: {} },
  'google.protobuf.Any': {
    type: 'object',
    required: ['@type'],
    properties: { '@type': { type: 'string', description: 'type.googleapis.com/ and the name of a message' } },
  },
  'google.protobuf.DoubleValue': NULLABLE(DOUBLE),
  'google.protobuf.FloatValue': NULLABLE(FLOAT),
  'google.protobuf.Int64Value': NULLABLE(INT64),
  'google.protobuf.UInt64Value': NULLABLE(UINT64),
  'google.protobuf.Int32Value': NULLABLE(INT32),
  'google.protobuf.UInt32Value': NULLABLE(UINT32),
  'google.protobuf.BoolValue': NULLABLE(BOOL),
  'google.protobuf.StringValue': NULLABLE(STRING),
  'google.protobuf.BytesValue': NULLABLE(BYTES),
};

/** The schema of a message whose JSON is not an object of its fields; `undefined` for any other. */
export const wellKnownSchema = (typeName: string): Schema | undefined =>
  Object.hasOwn(WELL_KNOWN_SCHEMAS, typeName) ? WELL_KNOWN_SCHEMAS[typeName] : undefined;

/** Whether a message is no object in JSON: as arguments it stands under the one name `value`. */
export const isWrapped = (typeName: string): boolean =>
  wellKnownSchema(typeName) !== undefined && typeName !== 'google.protobuf.Struct';
