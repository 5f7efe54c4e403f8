import type { DescEnum, DescField, DescMessage, DescOneof } from '@bufbuild/protobuf';
import { FeatureSet_FieldPresence } from '@bufbuild/protobuf/wkt';
import type { Schema } from '#libs/openapi';
import type { Comments } from './comments.js';
import { WELL_KNOWN_SCHEMAS, keySchema, scalarSchema } from './scalar-schema.js';

export interface SchemaOptions {
  /** As the `.proto` spells fields, not in camelCase. */
  readonly protoFieldNames: boolean;
  readonly comments: Comments;
}

/**
 * The arguments that a message is. `wrapped`: it is no object in JSON, so it stands as the one argument `value`. Messages within
 * are under `$defs`, whatever refers to them.
 */
export const argumentsSchema = (message: DescMessage, options: SchemaOptions): { schema: Schema; wrapped: boolean } => {
  const known = WELL_KNOWN_SCHEMAS[message.typeName];
  if (known !== undefined && message.typeName !== 'google.protobuf.Struct') {
    return { schema: { type: 'object', required: ['value'], properties: { value: known } }, wrapped: true };
  }
  if (known !== undefined) return { schema: known, wrapped: false };
  const schemas = new MessageSchemas(options);
  const schema = schemas.objectOf(message);
  const definitions = schemas.definitions;
  return { schema: { ...schema, ...(Object.keys(definitions).length > 0 && { $defs: definitions }) }, wrapped: false };
};

const LINK = '#/$defs/';

class MessageSchemas {
  readonly #definitions = new Map<string, Schema>();

  constructor(private readonly options: SchemaOptions) {}

  get definitions(): Readonly<Record<string, Schema>> {
    return Object.fromEntries(this.#definitions);
  }

  objectOf(message: DescMessage): Schema {
    const { comments } = this.options;
    const properties = message.fields.map((field) => [this.#nameOf(field), this.#fieldSchema(field)] as const);
    // https://protobuf.dev/reference/protobuf/proto2-spec/: only these are demanded.
    const required = message.fields
      .filter(({ presence }) => presence === FeatureSet_FieldPresence.LEGACY_REQUIRED)
      .map((field) => this.#nameOf(field));
    const choices = message.oneofs.filter(({ fields }) => fields.length > 1).map((oneof) => this.#choiceOf(oneof));
    const description = [comments.of(message), ...choices].filter((text) => text !== '').join(' ');
    return {
      type: 'object',
      ...(description !== '' && { description }),
      properties: Object.fromEntries(properties),
      ...(required.length > 0 && { required }),
      additionalProperties: false,
    };
  }

  #nameOf(field: DescField): string {
    return this.options.protoFieldNames ? field.name : field.jsonName;
  }

  #choiceOf({ fields }: DescOneof): string {
    return `At most one of ${fields.map((field) => this.#nameOf(field)).join(', ')}.`;
  }

  #fieldSchema(field: DescField): Schema {
    const description = this.options.comments.of(field);
    return { ...this.#valueSchema(field), ...(description !== '' && { description }) };
  }

  #valueSchema(field: DescField): Schema {
    switch (field.fieldKind) {
      case 'scalar':
        return scalarSchema(field.scalar);
      case 'enum':
        return enumSchema(field.enum);
      case 'message':
        return this.#messageSchema(field.message);
      case 'list':
        return { type: 'array', items: this.#elementSchema(field) };
      case 'map': {
        const propertyNames = keySchema(field.mapKey);
        return {
          type: 'object',
          additionalProperties: this.#elementSchema(field),
          ...(propertyNames !== undefined && { propertyNames }),
        };
      }
    }
  }

  #elementSchema(field: Extract<DescField, { fieldKind: 'list' | 'map' }>): Schema {
    const kind = field.fieldKind === 'list' ? field.listKind : field.mapKind;
    if (kind === 'scalar') return scalarSchema(field.scalar as NonNullable<typeof field.scalar>);
    return kind === 'enum' ? enumSchema(field.enum as DescEnum) : this.#messageSchema(field.message as DescMessage);
  }

  #messageSchema(message: DescMessage): Schema {
    const known = WELL_KNOWN_SCHEMAS[message.typeName];
    if (known !== undefined) return known;
    const { typeName } = message;
    if (!this.#definitions.has(typeName)) {
      this.#definitions.set(typeName, {});
      this.#definitions.set(typeName, this.objectOf(message));
    }
    return { $ref: `${LINK}${typeName}` };
  }
}

const enumSchema = ({ typeName, values }: DescEnum): Schema =>
  typeName === 'google.protobuf.NullValue'
    ? { type: 'null' }
    : { type: 'string', enum: values.map(({ name }) => name) };
