import { create, toBinary } from '@bufbuild/protobuf';
import {
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FileDescriptorSetSchema,
  MethodOptions_IdempotencyLevel,
} from '@bufbuild/protobuf/wkt';

const { OPTIONAL, REPEATED } = FieldDescriptorProto_Label;
const { BYTES, DOUBLE, ENUM, INT32, INT64, MESSAGE, STRING, UINT64 } = FieldDescriptorProto_Type;

type Type = FieldDescriptorProto_Type | string;

/** A type is a name of a message, a name of an enum behind `enum `, or a scalar. */
const field = (name: string, number: number, type: Type, more: object = {}) => ({
  name,
  number,
  label: OPTIONAL,
  jsonName: name.replaceAll(/_(.)/g, (_, next: string) => next.toUpperCase()),
  ...(typeof type === 'number'
    ? { type }
    : { type: type.startsWith('enum ') ? ENUM : MESSAGE, typeName: type.replace('enum ', '') }),
  ...more,
});

const mapEntry = (name: string, key: Type, value: Type) => ({
  name,
  field: [field('key', 1, key), field('value', 2, value)],
  options: { mapEntry: true },
});

const google = (name: string): string => `.google.protobuf.${name}`;

const TYPES = {
  name: 'shop/v1/types.proto',
  package: 'shop.v1',
  syntax: 'proto3',
  dependency: ['any', 'duration', 'field_mask', 'struct', 'timestamp', 'wrappers'].map(
    (name) => `google/protobuf/${name}.proto`,
  ),
  enumType: [
    {
      name: 'Size',
      value: [
        { name: 'SIZE_UNSPECIFIED', number: 0 },
        { name: 'SIZE_BIG', number: 1 },
      ],
    },
  ],
  messageType: [
    {
      name: 'Item',
      field: [
        field('name', 1, STRING),
        field('price_cents', 2, INT64),
        field('stock', 3, '.shop.v1.Item.StockEntry', { label: REPEATED }),
        field('size', 4, 'enum .shop.v1.Size'),
        field('parent', 5, '.shop.v1.Item'),
        field('count', 6, INT32, { proto3Optional: true, oneofIndex: 1 }),
        field('picture_url', 7, STRING, { oneofIndex: 0 }),
        field('picture_data', 8, BYTES, { oneofIndex: 0 }),
        field('made_at', 9, google('Timestamp')),
        field('keeps', 10, google('Duration')),
        field('extra', 11, google('Struct')),
        field('note', 12, google('StringValue')),
        field('mask', 13, google('FieldMask')),
        field('anything', 14, google('Any')),
        field('scores', 15, DOUBLE, { label: REPEATED }),
        field('parts', 16, '.shop.v1.Item.PartsEntry', { label: REPEATED }),
      ],
      nestedType: [mapEntry('StockEntry', STRING, INT32), mapEntry('PartsEntry', INT32, '.shop.v1.Item')],
      oneofDecl: [{ name: 'picture' }, { name: '_count' }],
    },
    { name: 'ItemRequest', field: [field('name', 1, STRING)] },
    { name: 'Stock', field: [field('left', 1, UINT64)] },
  ],
};

const method = (name: string, input: string, output: string, more: object = {}) => ({
  name,
  inputType: input,
  outputType: output,
  ...more,
});

const SERVICE = {
  name: 'shop/v1/shop.proto',
  package: 'shop.v1',
  syntax: 'proto3',
  dependency: ['shop/v1/types.proto', 'google/protobuf/empty.proto'],
  service: [
    {
      name: 'Shop',
      method: [
        method('GetItem', '.shop.v1.ItemRequest', '.shop.v1.Item', {
          options: { idempotencyLevel: MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS },
        }),
        method('EchoItem', '.shop.v1.Item', '.shop.v1.Item'),
        method('ListItems', '.shop.v1.ItemRequest', '.shop.v1.Item', { serverStreaming: true }),
        method('UploadItems', '.shop.v1.Item', google('Empty'), { clientStreaming: true }),
        method('Fail', '.shop.v1.ItemRequest', '.shop.v1.Item'),
        method('Wait', '.shop.v1.ItemRequest', google('Empty')),
      ],
    },
  ],
  sourceCodeInfo: { location: [{ path: [6, 0, 2, 0], span: [0, 0, 0], leadingComments: ' One item, by its name.\n' }] },
};

/** `shop.proto` in two files as a compiler describes it, a `FileDescriptorSet`, with the comment of one method. */
export const shopDescriptorSet = (): Buffer =>
  Buffer.from(toBinary(FileDescriptorSetSchema, create(FileDescriptorSetSchema, { file: [TYPES, SERVICE] })));
