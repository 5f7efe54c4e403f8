import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

/** The versions of the service, the one that is asked first first. Their messages are the same on the wire. */
export const REFLECTION_PATHS = [
  '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
  '/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo',
] as const;

/**
 * What is asked of a server. Field numbers are those of `ServerReflectionRequest`.
 * https://github.com/grpc/grpc/blob/master/src/proto/grpc/reflection/v1/reflection.proto
 */
export type ReflectionQuestion =
  | { readonly kind: 'services' }
  | { readonly kind: 'symbol'; readonly name: string }
  | { readonly kind: 'file'; readonly name: string };

const FIELD_OF = { file: 3, symbol: 4, services: 7 } as const;

/** One `ServerReflectionRequest`, as bytes. https://github.com/grpc/grpc/blob/master/doc/server-reflection.md */
export const reflectionRequest = (question: ReflectionQuestion): Uint8Array => {
  const name = question.kind === 'services' ? '' : question.name;
  return new BinaryWriter().tag(FIELD_OF[question.kind], WireType.LengthDelimited).string(name).finish();
};

/** What a server answers to one question. */
export type ReflectionAnswer =
  | { readonly kind: 'services'; readonly names: readonly string[] }
  /** Each a `FileDescriptorProto`: the file that was asked for and perhaps those it imports. */
  | { readonly kind: 'files'; readonly files: readonly Uint8Array[] }
  | { readonly kind: 'error'; readonly message: string };

/** Reads a `ServerReflectionResponse`. Throws for what is none. */
export const reflectionAnswer = (message: Uint8Array): ReflectionAnswer => {
  const fields = fieldsOf(message);
  const services = fields.get(6)?.[0];
  if (services !== undefined) {
    const listed = fieldsOf(services).get(1) ?? [];
    return { kind: 'services', names: listed.flatMap((service) => fieldsOf(service).get(1) ?? []).map(textOf) };
  }
  const files = fields.get(4)?.[0];
  if (files !== undefined) return { kind: 'files', files: fieldsOf(files).get(1) ?? [] };
  const error = fields.get(7)?.[0];
  if (error === undefined) throw new Error('an answer of reflection that says nothing');
  return { kind: 'error', message: textOf(fieldsOf(error).get(2)?.[0] ?? new Uint8Array()) };
};

const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** More than the names of services, or the files, that are taken of a server. */
const FIELDS_MAX = 10_000;

/** The fields of a message that have a length, by number. */
const fieldsOf = (message: Uint8Array): Map<number, Uint8Array[]> => {
  const reader = new BinaryReader(message);
  const fields = new Map<number, Uint8Array[]>();
  for (let count = 0; reader.pos < reader.len; count++) {
    if (count === FIELDS_MAX) throw new Error(`a message of reflection with more than ${FIELDS_MAX} fields`);
    const [number, type] = reader.tag();
    if (type !== WireType.LengthDelimited) {
      reader.skip(type, number);
      continue;
    }
    const known = fields.get(number);
    if (known === undefined) fields.set(number, [reader.bytes()]);
    else known.push(reader.bytes());
  }
  return fields;
};
