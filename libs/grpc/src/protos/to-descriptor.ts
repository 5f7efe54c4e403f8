import { create, type MessageInitShape } from '@bufbuild/protobuf';
import {
  type DescriptorProtoSchema,
  type EnumDescriptorProtoSchema,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Kind,
  type FieldDescriptorProtoSchema,
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  MethodOptions_IdempotencyLevel as Idempotency,
  type ServiceDescriptorProtoSchema,
} from '@bufbuild/protobuf/wkt';
import type { Enum, Field, MapField, ReflectionObject, Service, Type } from 'protobufjs';
import { elementsOf, isEnum, isField, isGroup, isService, isType, ownFields, SCALARS } from './elements.js';
import type { ParsedProto } from './parsed-proto.js';

type Init<Schema extends Parameters<typeof create>[0]> = MessageInitShape<Schema>;

/** Where a comment stands: field numbers of `FileDescriptorProto` and indexes. */
type Path = readonly number[];

/** A file as a compiler describes it, with names of types as they are written: whoever makes a registry looks them up. */
export const fileDescriptorOf = (proto: ParsedProto): FileDescriptorProto => new Description(proto).file();

class Description {
  readonly #comments: { readonly path: number[]; readonly leadingComments: string }[] = [];

  constructor(private readonly proto: ParsedProto) {}

  file(): FileDescriptorProto {
    const { file, package: name, syntax } = this.proto;
    const elements = elementsOf(this.proto);
    const init = {
      name: file.name,
      package: name,
      // What it imports is found by its names.
      syntax: syntax === 'proto3' ? syntax : '',
      messageType: elements.filter(isType).map((type, index) => this.#message(type, [4, index])),
      enumType: elements.filter(isEnum).map(enumOf),
      service: elements.filter(isService).map((service, index) => this.#service(service, [6, index])),
      extension: elements.filter(isField).map((field) => fieldOf(field, [])),
    };
    return create(FileDescriptorProtoSchema, { ...init, sourceCodeInfo: { location: this.#comments } });
  }

  #message(type: Type, path: Path): Init<typeof DescriptorProtoSchema> {
    this.#note(type, path);
    const nested = type.nestedArray.filter(isType);
    const groups = nested.filter(isGroup).map(({ name }) => name);
    // Those that stand for `optional` come behind the others.
    const oneofs = type.oneofsArray.toSorted(
      (one, other) => Number(one.isProto3Optional) - Number(other.isProto3Optional),
    );
    const fields = ownFields(type);
    const oneofIndexes = new Map(oneofs.flatMap(({ oneof }, index) => oneof.map((name) => [name, index] as const)));
    for (const [index, field] of fields.entries()) this.#note(field, [...path, 2, index]);
    return {
      name: type.name,
      field: fields.map((field) => {
        const oneofIndex = oneofIndexes.get(field.name);
        return { ...fieldOf(field, groups), ...(oneofIndex !== undefined && { oneofIndex }) };
      }),
      nestedType: [
        ...nested.map((each, index) => this.#message(each, [...path, 3, index])),
        ...fields.filter(({ map }) => map).map(entryOf),
      ],
      enumType: type.nestedArray.filter(isEnum).map(enumOf),
      extension: type.nestedArray.filter(isField).map((field) => fieldOf(field, groups)),
      extensionRange: (type.extensions ?? []).map(([start, end]) => ({ start: start ?? 0, end: (end ?? 0) + 1 })),
      oneofDecl: oneofs.map(({ name }) => ({ name })),
    };
  }

  #service({ name, methodsArray }: Service, path: Path): Init<typeof ServiceDescriptorProtoSchema> {
    return {
      name,
      method: methodsArray.map((method, index) => {
        this.#note(method, [...path, 2, index]);
        const level: unknown = method.options?.['idempotency_level'];
        return {
          name: method.name,
          inputType: method.requestType,
          outputType: method.responseType,
          clientStreaming: method.requestStream === true,
          serverStreaming: method.responseStream === true,
          options: {
            deprecated: isTrue(method.options?.['deprecated']),
            idempotencyLevel: Idempotency[level as keyof typeof Idempotency] ?? Idempotency.IDEMPOTENCY_UNKNOWN,
          },
        };
      }),
    };
  }

  #note({ comment }: ReflectionObject, path: Path): void {
    if (comment) this.#comments.push({ path: [...path], leadingComments: comment });
  }
}

const fieldOf = (field: Field, groups: readonly string[]): Init<typeof FieldDescriptorProtoSchema> => {
  const { name, id, options = {} } = field;
  const type = field.map ? entryName(name) : field.type;
  const kind = field.map ? undefined : SCALARS.get(type);
  const jsonName: unknown = options['json_name'];
  const packed: unknown = options['packed'];
  return {
    name,
    number: id,
    label: field.repeated || field.map ? Label.REPEATED : field.required ? Label.REQUIRED : Label.OPTIONAL,
    ...(kind === undefined
      ? { type: groups.includes(type) ? Kind.GROUP : Kind.MESSAGE, typeName: type }
      : { type: kind }),
    ...(field.extend !== undefined && { extendee: field.extend }),
    ...(typeof jsonName === 'string' && { jsonName }),
    ...(isTrue(options['proto3_optional']) && { proto3Optional: true }),
    options: {
      ...(packed !== undefined && { packed: isTrue(packed) }),
      ...(isTrue(options['deprecated']) && { deprecated: true }),
    },
  };
};

const enumOf = ({ name, values, options }: Enum): Init<typeof EnumDescriptorProtoSchema> => ({
  name,
  value: Object.entries(values).map(([each, number]) => ({ name: each, number })),
  options: { ...(isTrue(options?.['allow_alias']) && { allowAlias: true }) },
});

/** A map is a list of messages of this type. https://protobuf.dev/programming-guides/proto3/#backwards */
const entryOf = (field: Field): Init<typeof DescriptorProtoSchema> => {
  const { name, keyType, type } = field as Field & Pick<MapField, 'keyType'>;
  const member = (each: string, number: number, of: string) => {
    const kind = SCALARS.get(of);
    const about = kind === undefined ? { type: Kind.MESSAGE, typeName: of } : { type: kind };
    return { name: each, number, label: Label.OPTIONAL, ...about };
  };
  return {
    name: entryName(name),
    field: [member('key', 1, keyType), member('value', 2, type)],
    options: { mapEntry: true },
  };
};

const entryName = (field: string): string =>
  `${field.replaceAll(/(?:^|_+)([A-Za-z0-9]?)/g, (_, next: string) => next.toUpperCase())}Entry`;

const isTrue = (option: unknown): boolean => option === true || option === 'true';
