import { create, type DescField, type DescMessage, toBinary } from '@bufbuild/protobuf';
import { FieldDescriptorProto_Type, FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { expect, it } from 'vitest';
import { readDescriptors } from '../descriptors/descriptors.js';
import { Comments } from './comments.js';

const { MESSAGE, STRING } = FieldDescriptorProto_Type;

it('comments stand at their elements, also behind the entries of maps', () => {
  const file = create(FileDescriptorProtoSchema, {
    name: 'a.proto',
    syntax: 'proto3',
    messageType: [
      { name: 'First' },
      {
        name: 'Item',
        field: [
          { name: 'labels', number: 1, label: 3, type: MESSAGE, typeName: '.Item.LabelsEntry' },
          { name: 'part', number: 2, type: MESSAGE, typeName: '.Item.Part' },
        ],
        nestedType: [
          {
            name: 'LabelsEntry',
            field: [
              { name: 'key', number: 1, type: STRING },
              { name: 'value', number: 2, type: STRING },
            ],
            options: { mapEntry: true },
          },
          { name: 'Part', field: [{ name: 'name', number: 1, type: STRING }] },
        ],
      },
    ],
    service: [
      {
        name: 'Shop',
        method: [
          { name: 'Get', inputType: '.First', outputType: '.Item' },
          { name: 'List', inputType: '.First', outputType: '.Item' },
        ],
      },
    ],
    sourceCodeInfo: {
      location: [
        { path: [4, 1], leadingComments: ' An item,\n of the shop.\n' },
        { path: [4, 1, 2, 1], trailingComments: ' What it has. ' },
        { path: [4, 1, 3, 1], leadingComments: 'A part.' },
        { path: [4, 1, 3, 1, 2, 0], leadingComments: 'Its name.' },
        { path: [6, 0, 2, 1], leadingComments: 'All of them.' },
      ],
    },
  });
  const { registry } = readDescriptors([toBinary(FileDescriptorProtoSchema, file)]);
  const comments = new Comments(registry, 1_000);
  const item = registry.getMessage('Item') as DescMessage;
  const part = registry.getMessage('Item.Part') as DescMessage;
  const methods = registry.getService('Shop')?.methods ?? [];
  expect([item, ...item.fields].map((each) => comments.of(each))).toEqual([
    'An item, of the shop.',
    '',
    'What it has.',
  ]);
  expect([part, part.fields[0] as DescField].map((each) => comments.of(each))).toEqual(['A part.', 'Its name.']);
  expect(methods.map((each) => comments.of(each))).toEqual(['', 'All of them.']);
});
