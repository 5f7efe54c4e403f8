import {
  create,
  createFileRegistry,
  type DescMessage,
  fromBinary,
  fromJson,
  type JsonValue,
  toBinary,
  toJson,
} from '@bufbuild/protobuf';
import {
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
  FileDescriptorProtoSchema,
  FloatValueSchema,
  file_google_protobuf_any,
  file_google_protobuf_struct,
  file_google_protobuf_wrappers,
} from '@bufbuild/protobuf/wkt';
import { expect, it } from 'vitest';
import { withShortFloats } from './short-floats.js';

const float = { type: Type.FLOAT, label: Label.OPTIONAL };
const of = (typeName: string) => ({ type: Type.MESSAGE, typeName, label: Label.OPTIONAL });
const FIELDS = {
  price: float,
  old_prices: { ...float, label: Label.REPEATED },
  by_shop: { ...of('.t.Item.ByShopEntry'), label: Label.REPEATED },
  wrapped: of('.google.protobuf.FloatValue'),
  anything: of('.google.protobuf.Any'),
  parts: { ...of('.t.Item'), label: Label.REPEATED },
  exact: { type: Type.DOUBLE, label: Label.OPTIONAL },
  extra: of('.google.protobuf.Struct'),
};
const fieldsOf = (fields: object) =>
  Object.entries(fields).map(([name, field], at) => ({
    name,
    jsonName: name.replace(/_(.)/, (_, letter: string) => letter.toUpperCase()),
    number: at + 1,
    ...field,
  }));
const file = create(FileDescriptorProtoSchema, {
  name: 't.proto',
  package: 't',
  syntax: 'proto3',
  dependency: ['any', 'struct', 'wrappers'].map((name) => `google/protobuf/${name}.proto`),
  messageType: [
    {
      name: 'Item',
      field: fieldsOf(FIELDS),
      nestedType: [
        {
          name: 'ByShopEntry',
          field: fieldsOf({ key: { type: Type.STRING, label: Label.OPTIONAL }, value: float }),
          options: { mapEntry: true },
        },
      ],
    },
    { name: 'Plain', field: fieldsOf({ exact: FIELDS.exact, plain: of('.t.Plain') }) },
  ],
});
const known = [file_google_protobuf_any, file_google_protobuf_struct, file_google_protobuf_wrappers];
const registry = createFileRegistry(file, (name) => known.find(({ proto }) => proto.name === name)?.proto);
const Item = registry.getMessage('t.Item') as DescMessage;

/** Sent and received as the JSON of what came. */
const shown = (json: JsonValue, useProtoFieldName = false): JsonValue => {
  const message = fromBinary(Item, toBinary(Item, fromJson(Item, json, { registry })));
  return withShortFloats(Item, toJson(Item, message, { registry, useProtoFieldName }), registry);
};

it.each([0.1, 19.99, 3.4028235e38, 1e-45, 16777216, 0.3333333, -2.5])(
  'a float is written as the shortest number that is the same float when it is %s',
  (value) => expect(shown({ price: Math.fround(value) })).toEqual({ price: value }),
);

it('floats are short wherever they are when a message has lists, maps, wrappers, parts and an Any', () => {
  const item = {
    oldPrices: [0.1, 0.2],
    byShop: { corner: 1.1 },
    wrapped: 0.7,
    anything: { '@type': 'type.googleapis.com/t.Item', price: 0.6, wrapped: 0.3 },
    parts: [{ price: 0.9, anything: { '@type': 'type.googleapis.com/google.protobuf.FloatValue', value: 0.4 } }],
  };
  expect(shown(item)).toEqual(item);
  expect(shown({ oldPrices: [0.1], byShop: { a: 0.1 } }, true)).toEqual({ old_prices: [0.1], by_shop: { a: 0.1 } });
});

it('what is no float stays as it is when it looks like one', () => {
  const item = { exact: Math.fround(0.1), extra: { price: Math.fround(0.1) } };
  expect(shown(item)).toEqual(item);
  expect(shown({ price: 'NaN', wrapped: '-Infinity' })).toEqual({ price: 'NaN', wrapped: '-Infinity' });
  const Plain = registry.getMessage('t.Plain') as DescMessage;
  const json = { exact: Math.fround(0.1), plain: {} };
  expect(withShortFloats(Plain, json, registry)).toEqual({ exact: Math.fround(0.1), plain: {} });
});

it('a message that is one float is short when it is a wrapper', () =>
  expect(withShortFloats(FloatValueSchema, Math.fround(0.1), registry)).toBe(0.1));
