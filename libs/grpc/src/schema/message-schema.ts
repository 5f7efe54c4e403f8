import type { DescEnum, DescField, DescMessage, DescOneof } from '@bufbuild/protobuf';
import { FeatureSet_FieldPresence } from '@bufbuild/protobuf/wkt';
import type { Schema } from '#libs/openapi';
import type { Comments } from './comments.js';
import { isWrapped, keySchema, scalarSchema, wellKnownSchema } from './scalar-schema.js';

export interface SchemaOptions {
  /** As the `.proto` spells fields, not in camelCase. */
  readonly protoFieldNames: boolean;
  readonly comments: Comments;
}

const LINK = '#/$defs/';

/** Schemas of the messages of one import: each is made once, whatever refers to it. */
export class MessageSchemas {
  readonly #definitions = Object.create(null) as Record<string, Schema>;

  constructor(private readonly options: SchemaOptions) {}

  /**
   * The arguments that a message is; one that is no object in JSON stands as the one argument `value`. Messages within are
   * under `$defs`, which all schemas of the import share.
   */
  argumentsOf(message: DescMessage): Schema {
    const { typeName } = message;
    const known = wellKnownSchema(typeName);
    if (known !== undefined)
      return isWrapped(typeName) ? { type: 'object', required: ['value'], properties: { value: known } } : known;
    this.#define(message);
    return { ...this.#definitions[typeName], $defs: this.#definitions };
  }

  /** With all that it refers to, one after the other: a chain of messages may be longer than a stack is deep. */
  #define(message: DescMessage): void {
    const waiting = [message];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      if (next.typeName in this.#definitions) continue;
      this.#definitions[next.typeName] = this.#objectOf(next);
      for (const { message: within } of next.fields)
        if (within !== undefined && wellKnownSchema(within.typeName) === undefined) waiting.push(within);
    }
  }

  #objectOf(message: DescMessage): Schema {
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

  #messageSchema({ typeName }: DescMessage): Schema {
    return wellKnownSchema(typeName) ?? { $ref: `${LINK}${typeName}` };
  }
}

const enumSchema = ({ typeName, values }: DescEnum): Schema =>
  typeName === 'google.protobuf.NullValue'
    ? { type: 'null' }
    : { type: 'string', enum: values.map(({ name }) => name) };
