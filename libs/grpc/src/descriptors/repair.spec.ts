import { create, toBinary } from '@bufbuild/protobuf';
import { FieldDescriptorProto_Type, FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { describe, expect, it } from 'vitest';
import { shopDescriptorSet } from '#libs/testing';
import {
  DescriptorsRefused,
  filesInSet,
  readDescriptors,
  restoredDescriptors,
  storedDescriptors,
} from './descriptors.js';

const { ENUM, INT64, MESSAGE, STRING } = FieldDescriptorProto_Type;
type File = Parameters<typeof create<typeof FileDescriptorProtoSchema>>[1];

const bytesOf = (file: File): Uint8Array =>
  toBinary(FileDescriptorProtoSchema, create(FileDescriptorProtoSchema, file));

/** As @grpc/reflection has it: one file a package, relative names, no imports, no JSON names, nothing absolute but methods. */
const LOSSY: File = {
  name: 'shop_v1.proto',
  package: 'shop.v1',
  syntax: 'proto3',
  messageType: [
    {
      name: 'Item',
      field: [
        { name: 'price_cents', number: 1, type: INT64 },
        { name: 'labels', number: 2, label: 3, type: MESSAGE, typeName: 'Labels' },
        { name: 'made_at', number: 3, type: MESSAGE, typeName: 'google.protobuf.Timestamp' },
        { name: 'kind', number: 4, type: ENUM, typeName: 'Kind' },
        { name: 'parent', number: 5, type: MESSAGE, typeName: 'Item' },
        { name: 'maker', number: 6, type: MESSAGE, typeName: 'people.v1.Maker' },
      ],
      nestedType: [
        {
          name: 'Labels',
          field: [
            { name: 'key', number: 1, type: STRING },
            { name: 'value', number: 2, type: STRING },
          ],
          options: { mapEntry: true },
        },
      ],
      enumType: [{ name: 'Kind', value: [{ name: 'KIND_UNSPECIFIED', number: 0 }] }],
    },
  ],
  service: [
    { name: 'Shop', method: [{ name: 'Get', inputType: '.shop.v1.Item', outputType: '.google.protobuf.Empty' }] },
  ],
};
const SYNTHETIC: File = {
  name: 'google_protobuf.proto',
  package: 'google.protobuf',
  syntax: 'proto3',
  messageType: [{ name: 'Timestamp', field: [{ name: 'seconds', number: 1, type: INT64 }] }, { name: 'Empty' }],
};

describe('descriptors', () => {
  it('descriptors that a server reflects in part are made whole', () => {
    const { registry, opaque } = readDescriptors([LOSSY, SYNTHETIC].map(bytesOf));
    const item = registry.getMessage('shop.v1.Item');
    expect(item?.fields.map(({ jsonName, fieldKind }) => [jsonName, fieldKind])).toEqual([
      ['priceCents', 'scalar'],
      ['labels', 'map'],
      ['madeAt', 'message'],
      ['kind', 'enum'],
      ['parent', 'message'],
      ['maker', 'scalar'],
    ]);
    expect(item?.field['madeAt']?.message?.fields).toHaveLength(2);
    expect(opaque).toEqual(['shop.v1.Item.maker: people.v1.Maker']);
    expect(registry.getService('shop.v1.Shop')?.methods).toHaveLength(1);
  });

  it('a relative name is looked for from the inside out', () => {
    const typed = (name: string, typeName: string) => ({ name, number: 1, type: MESSAGE, typeName });
    const { registry } = readDescriptors([
      bytesOf({
        name: 'a.proto',
        package: Array(100).fill('a').join('.'),
        messageType: [
          { name: 'Near' },
          {
            name: 'Outer',
            field: [typed('inner', 'Near'), { ...typed('far', 'far.Far'), number: 2 }],
            nestedType: [{ name: 'Near' }],
          },
        ],
      }),
      bytesOf({ name: 'far.proto', package: 'far', messageType: [{ name: 'Far' }] }),
    ]);
    const outer = registry.getMessage(`${'a.'.repeat(100)}Outer`);
    expect(outer?.fields.map(({ message }) => message?.typeName)).toEqual([`${outer?.typeName}.Near`, 'far.Far']);
  });

  it('descriptors are the same when they were stored, with their comments', () => {
    const read = readDescriptors(filesInSet(shopDescriptorSet()));
    const stored = storedDescriptors(read);
    const restored = restoredDescriptors(stored);
    expect(restored.getService('shop.v1.Shop')?.methods.map(({ name }) => name)).toEqual(
      read.registry.getService('shop.v1.Shop')?.methods.map(({ name }) => name),
    );
    expect(Buffer.from(stored).includes('One item')).toBe(true);
    expect(Buffer.from(storedDescriptors(readDescriptors(filesInSet(stored))))).toEqual(Buffer.from(stored));
  });

  it('descriptors are read when files come in any order and twice', () => {
    const files = filesInSet(shopDescriptorSet());
    const { registry } = readDescriptors([...files.toReversed(), ...files]);
    expect(registry.getMessage('shop.v1.Item')?.fields).toHaveLength(16);
  });

  it.each([
    ['they are no descriptors', [Buffer.from('hello, this is text')]],
    ['a file is cut off', [shopDescriptorSet().subarray(2, 300)]],
    [
      'files import one another',
      [
        bytesOf({
          name: 'a',
          package: 'a',
          messageType: [{ name: 'A', field: [{ name: 'b', number: 1, typeName: 'b.B' }] }],
        }),
        bytesOf({
          name: 'b',
          package: 'b',
          messageType: [{ name: 'B', field: [{ name: 'a', number: 1, typeName: 'a.A' }] }],
        }),
      ],
    ],
    ['a package has too many segments', [bytesOf({ name: 'a', package: Array(101).fill('a').join('.') })]],
    ['there are too many files', Array.from({ length: 1_025 }, () => bytesOf({ name: 'a' }))],
  ])('descriptors are refused when %s', (_, files) => {
    expect(() => readDescriptors(files)).toThrow(DescriptorsRefused);
  });
});
