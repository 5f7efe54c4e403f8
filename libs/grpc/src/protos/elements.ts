import { FieldDescriptorProto_Type as Kind } from '@bufbuild/protobuf/wkt';
import type { Enum, Field, NamespaceBase, ReflectionObject, Service, Type } from 'protobufjs';
import type { ParsedProto } from './parsed-proto.js';

// What parses them is loaded when it is needed, so its classes are told by what they have.
export const isType = (element: ReflectionObject): element is Type => 'fieldsArray' in element;
export const isEnum = (element: ReflectionObject): element is Enum => 'valuesById' in element;
export const isService = (element: ReflectionObject): element is Service => 'methodsArray' in element;
/** Within a file or a message: an extension of another. */
export const isField = (element: ReflectionObject): element is Field => 'id' in element && 'extend' in element;

/** A field of proto2 that is a message of its own. */
export const isGroup = (type: Type): boolean => 'group' in type && type.group === true;

/** Those that extensions in the same file add are described where they stand. */
export const ownFields = ({ fieldsArray }: Type): readonly Field[] =>
  fieldsArray.filter(({ declaringField }) => !declaringField);

/** What stands in the package of a file. */
export const elementsOf = ({ root, package: name }: ParsedProto): readonly ReflectionObject[] => {
  const space = name === '' ? root : root.lookup(name);
  return (space as NamespaceBase | null)?.nestedArray ?? [];
};

/** The name with what it stands in. */
export const joined = (scope: string, name: string): string => (scope === '' ? name : `${scope}.${name}`);

/** The types that are words of the language. */
export const SCALARS: ReadonlyMap<string, Kind> = new Map([
  ['double', Kind.DOUBLE],
  ['float', Kind.FLOAT],
  ['int64', Kind.INT64],
  ['uint64', Kind.UINT64],
  ['int32', Kind.INT32],
  ['fixed64', Kind.FIXED64],
  ['fixed32', Kind.FIXED32],
  ['bool', Kind.BOOL],
  ['string', Kind.STRING],
  ['bytes', Kind.BYTES],
  ['uint32', Kind.UINT32],
  ['sfixed32', Kind.SFIXED32],
  ['sfixed64', Kind.SFIXED64],
  ['sint32', Kind.SINT32],
  ['sint64', Kind.SINT64],
]);
