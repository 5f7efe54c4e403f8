import { create, toBinary } from '@bufbuild/protobuf';
import { FieldDescriptorProto_Type, FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { beforeAll, describe, expect, it } from 'vitest';
import { ArgumentsRefused } from '#libs/openapi';
import { shopDescriptorSet } from '#libs/testing';
import { filesInSet, readDescriptors } from '../descriptors/descriptors.js';
import { type GrpcTool, importMethods } from '../tools/import.js';
import { type GrpcMethod, methodAt } from './method.js';
import { answerResult, statusResult, streamResult } from './result.js';

const { registry, opaque } = readDescriptors(filesInSet(shopDescriptorSet()));
const methodOf = (name: string, protoFieldNames = false): GrpcMethod =>
  methodAt(registry, `/shop.v1.Shop/${name}`, protoFieldNames) as GrpcMethod;

describe('the methods of a service', () => {
  const named = { services: [], protoFieldNames: false, prefixChars: 5 };
  let tools: Map<string, GrpcTool>;
  beforeAll(async () => {
    tools = new Map((await importMethods({ registry, opaque }, named)).tools.map((tool) => [tool.key, tool]));
  });
  const properties = (key: string) =>
    ((tools.get(key) as GrpcTool).inputSchema as { properties: Record<string, object> }).properties;

  it('methods with one request become tools, and others are skipped with a reason', async () => {
    const { skipped } = await importMethods({ registry, opaque }, named);
    expect([...tools.values()].map(({ name }) => name)).toEqual([
      'Shop_GetItem',
      'Shop_EchoItem',
      'Shop_ListItems',
      'Shop_Fail',
      'Shop_Wait',
    ]);
    expect(skipped).toEqual([{ key: '/shop.v1.Shop/UploadItems', reason: expect.stringContaining('stream') }]);
  });

  it('a method keeps the name that it was given before', async () => {
    const pinnedNames = new Map([['/shop.v1.Shop/GetItem', 'get_it']]);
    expect((await importMethods({ registry, opaque }, { ...named, pinnedNames })).tools[0]?.name).toBe('get_it');
  });

  it('arguments have the schemas of the JSON mapping', () => {
    const item = properties('/shop.v1.Shop/EchoItem');
    expect(item).toMatchObject({
      priceCents: { type: ['string', 'integer'], pattern: '^-?[0-9]+$' },
      stock: { type: 'object', additionalProperties: { type: 'integer' } },
      size: { type: 'string', enum: ['SIZE_UNSPECIFIED', 'SIZE_BIG'] },
      pictureData: { contentEncoding: 'base64' },
      madeAt: { format: 'date-time' },
      extra: { type: 'object' },
      note: { type: ['string', 'null'] },
      anything: { required: ['@type'] },
      parts: { propertyNames: { pattern: '^-?[0-9]+$' }, additionalProperties: { type: 'object' } },
    });
    expect(tools.get('/shop.v1.Shop/EchoItem')?.inputSchema['description']).toContain(
      'At most one of pictureUrl, pictureData.',
    );
    expect(JSON.stringify(tools.get('/shop.v1.Shop/EchoItem')?.inputSchema)).not.toContain('$ref');
  });

  it('arguments are spelt as the .proto has them when that is wanted', async () => {
    const { tools: given } = await importMethods({ registry, opaque }, { ...named, protoFieldNames: true });
    const [, echo] = given;
    expect(Object.keys(((echo as GrpcTool).inputSchema as { properties: object }).properties)).toContain('price_cents');
    expect(methodOf('EchoItem', true).decode(methodOf('EchoItem').encode('{"priceCents":"1"}'))).toBe(
      '{"price_cents":"1"}',
    );
  });

  it('a message becomes a schema when its name is that of a member of every object', async () => {
    const file = create(FileDescriptorProtoSchema, {
      name: 'a.proto',
      syntax: 'proto3',
      messageType: [
        {
          name: 'constructor',
          field: [{ name: 'next', number: 1, type: FieldDescriptorProto_Type.MESSAGE, typeName: 'constructor' }],
        },
      ],
      service: [{ name: 'S', method: [{ name: 'Do', inputType: '.constructor', outputType: '.constructor' }] }],
    });
    const { tools: made } = await importMethods(readDescriptors([toBinary(FileDescriptorProtoSchema, file)]), named);
    expect(made[0]?.inputSchema).toMatchObject({
      properties: { next: { type: 'object', properties: { next: { type: 'object' } } } },
    });
  });

  it('other work has its turn when methods become tools', async () => {
    let isDone = false;
    const importing = importMethods({ registry, opaque }, named).then(() => {
      isDone = true;
    });
    await new Promise(setImmediate);
    expect(isDone).toBe(false);
    await importing;
  });
});

describe('a method', () => {
  it.each([
    ['a field is unknown', '{"nmae":"x"}', /"nmae" is unknown/],
    [
      'a number is rounded by JavaScript',
      '{"priceCents":9007199254740993}',
      /9007199254740993 is too long to be exact/,
    ],
    ['a number is out of range', '{"count":3000000000}', /count/],
    ['an enum has no such name', '{"size":"SIZE_HUGE"}', /SIZE_HUGE/],
    ['two of a oneof are given', '{"pictureUrl":"u","pictureData":"aGk="}', /picture/],
    [
      'an Any is of a type that is not described',
      '{"anything":{"@type":"type.googleapis.com/x.Y"}}',
      /not in the type/,
    ],
    ['bytes are no base64', '{"pictureData":"?!"}', /picture/],
    ['they are no object', '[1]', /cannot decode/],
  ])('a method refuses arguments when %s', (_, args, message) => {
    expect(() => methodOf('EchoItem').encode(args)).toThrow(ArgumentsRefused);
    expect(() => methodOf('EchoItem').encode(args)).toThrow(message);
  });

  it('a method takes long numbers as text, and both spellings of a field', () => {
    const method = methodOf('EchoItem');
    expect(method.decode(method.encode('{"price_cents":"9007199254740993","scores":["Infinity",1e300]}'))).toBe(
      '{"priceCents":"9007199254740993","scores":["Infinity",1e+300]}',
    );
  });

  it('a message within messages beyond a hundred is refused, there and back', () => {
    const deep = (levels: number): string => `${'{"parent":'.repeat(levels)}{}${'}'.repeat(levels)}`;
    expect(() => methodOf('EchoItem').encode(deep(150))).toThrow(ArgumentsRefused);
    let bytes = Buffer.alloc(0);
    for (let level = 0; level < 110; level++)
      bytes = Buffer.concat([
        Buffer.from([0x2a, ...(bytes.length < 128 ? [bytes.length] : [(bytes.length & 127) | 128, bytes.length >> 7])]),
        bytes,
      ]);
    expect(() => methodOf('EchoItem').decode(bytes)).toThrow(/recursion/);
  });

  it('an Any that nobody describes is shown with its type and its bytes', () => {
    const url = Buffer.from('type.googleapis.com/x.Y');
    const any = Buffer.concat([Buffer.from([0x0a, url.length]), url, Buffer.from([0x12, 2, 8, 1])]);
    const item = Buffer.concat([Buffer.from([0x72, any.length]), any]);
    expect(JSON.parse(methodOf('EchoItem').decode(item))).toEqual({
      anything: {
        '@type': 'type.googleapis.com/google.protobuf.Struct',
        value: { typeUrl: 'type.googleapis.com/x.Y', value: 'CAE=' },
      },
    });
  });
});

describe('a result', () => {
  it('a result that is no object is wrapped', () => {
    expect(JSON.parse(answerResult('"2026-11-29T10:00:00Z"').text)).toMatchObject({
      structuredContent: { result: '2026-11-29T10:00:00Z' },
    });
  });

  it('a stream that was cut says so', () => {
    expect(JSON.parse(streamResult(['{"a":1}'], false).text)).toMatchObject({
      structuredContent: { messages: [{ a: 1 }], truncated: true },
    });
  });

  it('details of a status that cannot be read are left out', () => {
    const { text, isError } = statusResult({ code: 3, message: '', details: Buffer.from([255, 255]) }, registry, []);
    expect([isError, JSON.parse(text).content[0].text]).toEqual([true, 'INVALID_ARGUMENT']);
  });
});
