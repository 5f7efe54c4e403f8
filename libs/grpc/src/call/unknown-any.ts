import { create, type DescMessage, type Message, type MessageShape, type Registry, toBinary } from '@bufbuild/protobuf';
import { type Any, StructSchema } from '@bufbuild/protobuf/wkt';
import { reflect, type ReflectMessage } from '@bufbuild/protobuf/reflect';

/**
 * JSON cannot say what is in a `google.protobuf.Any` whose type the server does not describe: a `Struct` that has its type
 * and its bytes takes the place of each. `false`: there was none. The message is changed.
 */
export const withKnownTypes = <Desc extends DescMessage>(
  type: Desc,
  message: MessageShape<Desc>,
  registry: Registry,
): boolean => mend(reflect(type, message), registry);

const mend = (within: ReflectMessage, registry: Registry): boolean => {
  if (within.desc.typeName === 'google.protobuf.Any') return mendAny(within.message as unknown as Any, registry);
  return within.fields
    .map((field) => within.isSet(field) && mendAll(messagesIn(within.get(field)), registry))
    .some(Boolean);
};

const mendAll = (messages: readonly ReflectMessage[], registry: Registry): boolean =>
  messages.map((each) => mend(each, registry)).some(Boolean);

const messagesIn = (value: unknown): ReflectMessage[] => {
  if (typeof value !== 'object' || value === null) return [];
  if ('desc' in value && 'message' in value) return [value as ReflectMessage];
  return Symbol.iterator in value && !(value instanceof Uint8Array)
    ? [...(value as Iterable<unknown>)].flatMap((each) => messagesIn(Array.isArray(each) ? each[1] : each))
    : [];
};

const mendAny = (any: Any & Message, registry: Registry): boolean => {
  const typeName = any.typeUrl.slice(any.typeUrl.lastIndexOf('/') + 1);
  if (any.typeUrl === '' || registry.getMessage(typeName) !== undefined) return false;
  const shown = { typeUrl: any.typeUrl, value: Buffer.from(any.value).toString('base64') };
  const text = (value: string) => ({ kind: { case: 'stringValue' as const, value } });
  const fields = Object.fromEntries(Object.entries(shown).map(([name, value]) => [name, text(value)]));
  any.typeUrl = 'type.googleapis.com/google.protobuf.Struct';
  any.value = toBinary(StructSchema, create(StructSchema, { fields }));
  return true;
};
