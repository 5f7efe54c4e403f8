import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { shopDescriptorSet } from '#libs/testing';
import { methodAt } from '../call/method.js';
import { filesInSet, readDescriptors } from '../descriptors/descriptors.js';
import { GRPC_LIMITS } from '../limits.js';
import { importMethods } from '../tools/import.js';
import type { ProtoFile } from './parsed-proto.js';
import { filesInProtos } from './proto-files.js';

const SHOP = readFileSync(
  fileURLToPath(new URL('../../../testing/src/upstream/grpc/shop.proto', import.meta.url)),
  'utf8',
);
const NAMED = { services: [], protoFieldNames: false, prefixChars: 5 };

const file = (content: string, name = 'a.proto'): ProtoFile => ({ name, content });
const proto3 = (body: string): string => `syntax = "proto3";\npackage p;\n${body}`;
const listed = (count: number, each: (at: number) => string, between = '\n'): string =>
  Array.from({ length: count }, (_, at) => each(at + (between === '\n' ? 0 : 100))).join(between);
const fields = (count: number, type = 'string'): string => listed(count, (at) => `${type} f${at} = ${at + 1};`);
const toolsOf = async (...files: ProtoFile[]) =>
  (await importMethods(readDescriptors(await filesInProtos(files)), NAMED)).tools;
const registryOf = async (...files: ProtoFile[]) => readDescriptors(await filesInProtos(files)).registry;

describe('.proto files', () => {
  it('a file becomes the same tools as what a compiler makes of it, with its comments', async () => {
    const compiled = await importMethods(readDescriptors(filesInSet(shopDescriptorSet())), NAMED);
    const tools = await toolsOf(file(SHOP, 'shop/v1/shop.proto'));
    const bare = (list: typeof tools) =>
      list.map(({ key, name, inputSchema, annotations }) => ({ key, name, inputSchema, annotations }));
    expect(bare(tools)).toEqual(bare(compiled.tools));
    expect(tools.find(({ name }) => name === 'Shop_Fail')?.description).toContain('is the number of a status');
  });

  it('a message is written and read as by the descriptors of a compiler', async () => {
    const args = JSON.stringify({
      name: 'lamp',
      priceCents: '9007199254740993',
      stock: { north: 3 },
      size: 'SIZE_BIG',
      parent: { name: 'room' },
      count: 0,
      pictureData: 'aGk=',
      madeAt: '2026-11-29T10:00:00Z',
      keeps: '3.5s',
      extra: { a: [1] },
      note: 'n',
      mask: 'name,size',
      scores: [1.5, 'Infinity'],
      parts: { '7': { name: 'part' } },
    });
    const path = '/shop.v1.Shop/EchoItem';
    const [ours, theirs] = [
      await registryOf(file(SHOP)),
      readDescriptors(filesInSet(shopDescriptorSet())).registry,
    ].map((registry) => methodAt(registry, path, false) ?? expect.unreachable());
    const bytes = ours?.encode(args) as Uint8Array;
    expect(Buffer.from(bytes)).toEqual(Buffer.from(theirs?.encode(args) as Uint8Array));
    expect(theirs?.decode(bytes)).toBe(ours?.decode(bytes));
  });

  it('files find what they import, however much of its path a name has', async () => {
    const tools = await toolsOf(
      file(proto3('message Item { string name = 1; enum Kind { A = 0; } Kind kind = 2; }'), 'types.proto'),
      file(
        'syntax = "proto3";\npackage q.r;\nimport "p/types.proto";\nservice S { rpc Do(.p.Item) returns (p.Item); }',
        'q/s.proto',
      ),
    );
    expect(tools.map(({ key }) => key)).toEqual(['/q.r.S/Do']);
    expect(tools[0]?.inputSchema).toMatchObject({ properties: { kind: { type: 'string', enum: ['A'] } } });
  });

  it('an import that only options need is not missed', async () => {
    const content = proto3(
      'import "google/api/annotations.proto";\nmessage M {}\nservice S { rpc Do(M) returns (M) { option (google.api.http) = { get: "/m" }; } }',
    );
    expect(await toolsOf(file(content))).toHaveLength(1);
  });

  it('proto2 keeps its labels, groups, extensions and packed lists', async () => {
    const registry = await registryOf(
      file(
        `package p;
         message M { required int32 a = 1; repeated int32 b = 2 [packed = true]; repeated group G = 3 { optional string c = 4; } extensions 100 to 199; }
         extend M { optional string note = 100; }
         service S { rpc Do(M) returns (M); }`,
      ),
    );
    const method = methodAt(registry, '/p.S/Do', false) ?? expect.unreachable();
    const bytes = method.encode('{"a":1,"b":[1,2],"g":[{"c":"x"}],"[p.note]":"n"}');
    expect(Buffer.from(bytes).toString('hex')).toBe('0801120201021b2201781ca206016e');
    expect(JSON.parse(method.decode(bytes))).toEqual({ a: 1, b: [1, 2], g: [{ c: 'x' }], '[p.note]': 'n' });
  });

  it('a field keeps the JSON name that it is given', async () => {
    const content = proto3('message M { string a_b = 1 [json_name = "AB"]; }\nservice S { rpc Do(M) returns (M); }');
    const [tool] = await toolsOf(file(content));
    const { properties } = (tool ?? expect.unreachable()).inputSchema as { properties: object };
    expect(Object.keys(properties)).toEqual(['AB']);
  });

  it.each([
    ['a word is wrong', 'message M {\n  strin name = 1\n}', /^a\.proto:5: illegal token '}'/],
    ['it ends too early', 'message M {', /^a\.proto:3: it ends too early/],
    ['a type is nowhere', 'message M {\n\n  Nothing it = 1;\n}', /^a\.proto:5: the type Nothing of the field p\.M\.it/],
    [
      'the type of a map is nowhere',
      'message M {\n map<string, No> it = 1; }',
      /^a\.proto:4: the type No of the field/,
    ],
    [
      'a method takes what is nowhere',
      'import "b.proto";\nservice S {\n rpc Do(q.B) returns (q.B);\n}',
      /^a\.proto:5: the type q\.B of the method S\.Do .* imports b\.proto, which was not handed over/,
    ],
    ['a message is there twice', 'message M {}\nenum M { A = 0; }', /^a\.proto:4: duplicate name 'M'/],
    ['a number is there twice', 'message M {\n string a = 1;\n string b = 1; }', /^a\.proto:5: duplicate id 1/],
  ])('a file is refused with its name and line when %s', async (_, body, message) => {
    await expect(filesInProtos([file(proto3(body))])).rejects.toThrow(message);
  });

  it('the line of a type that is nowhere is found when a comment has much space behind its name', async () => {
    const content = proto3(`// No${' '.repeat(1_000_000)}.\nmessage M {\n No it = 1; }`);
    await expect(filesInProtos([file(content)])).rejects.toThrow(/^a\.proto:5: the type No/);
  });

  it('a file is refused when it has what another has already', async () => {
    const files = [file(proto3('message M {}')), file(proto3('\nmessage M {}'), 'b.proto')];
    await expect(filesInProtos(files)).rejects.toThrow('b.proto:4: p.M is in a.proto already');
  });

  it('a file is refused when it is of an edition', async () => {
    const message = 'a.proto:2: edition "2023" is not read';
    await expect(filesInProtos([file('\nedition = "2023";\nmessage M {}')])).rejects.toThrow(message);
  });

  it.each([
    ['are too many', Array.from({ length: 257 }, (_, at) => file('', `${at}.proto`)), /more than 256 files/],
    ['are too large', [file(' '.repeat(GRPC_LIMITS.protoBytesMax + 1))], /more than 1048576 bytes/],
    ['have the same name', [file(''), file('')], /a\.proto is there twice/],
    ['have a message without end', [file(proto3(`\nmessage M {\n${fields(5_000)} }`))], /a\.proto:4: .*5000 words/],
    ['are too deep', [file(proto3(`${'message M {'.repeat(5_000)}${'}'.repeat(5_000)}`))], /a\.proto/],
  ])('files are refused when they %s', async (_, files, message) => {
    await expect(filesInProtos(files)).rejects.toThrow(message);
  });

  it.each([
    ['a message of optional fields', `message M {\n${fields(1_700, 'optional string')} }`],
    ['a oneof', `message M { oneof o {\n${fields(1_700)} } }`],
    ['a message of oneofs', `message M { ${listed(1_700, (at) => `oneof o${at} { string f${at} = ${at}; }`)} }`],
    ['a list of what is reserved', `message M { reserved ${listed(6_000, String, ', ')}; }`],
    ['an enum', `enum E { ${listed(1_700, (at) => `V${at} = ${at} [deprecated = true];`)} }`],
    ['a service', `message M {} service S { ${listed(1_000, (at) => `rpc R${at}(M) returns (M);`)} }`],
    ['a value of an option', `message M { option (o) = { ${listed(3_000, (at) => `a: ${at}`)} }; }`],
    [
      'extensions in many blocks',
      `message M { extensions 1 to 9000; } ${listed(900, (at) => `extend M { optional string e${at} = ${at}; } message N${at} { extend M { string n${at} = ${at + 1_000}; } }`)}`,
    ],
  ])('a file is refused before it is parsed when %s has no end', async (_, body) => {
    await expect(filesInProtos([file(proto3(body))])).rejects.toThrow(/^a\.proto:\d+: it has more than 5000 words/);
  });

  it('a file is refused when its messages are too long together', async () => {
    const body = listed(2, (at) => `message M${at} {\n${fields(1_400)} }`);
    await expect(filesInProtos([file(proto3(body))])).rejects.toThrow('a.proto: its messages are too long together');
  });

  it.each([
    ['a word', `message ${'M'.repeat(513)} {}`, /^a\.proto:1: a word has more than 512 characters/],
    [
      'a name in all that it stands in',
      `package ${'p.'.repeat(40)}p;\nmessage M {}`,
      /^a\.proto: the name p.* is too long/,
    ],
  ])('a file is refused when %s is too long', async (_, content, message) => {
    await expect(filesInProtos([file(content)])).rejects.toThrow(message);
  });

  it('a long message is read when it has what real ones have, however much is said of it', async () => {
    const said = `// It's one { of; many.\n/* "and */ `;
    const body = `message M {\n${fields(1_000, `${said} optional string`)} oneof o {\n string x = 2000; } }
      enum E {\n${listed(1_000, (at) => `V${at} = ${at};`)} }\nservice S { rpc Do(M) returns (M); }`;
    const files = await filesInProtos([file(proto3(body))]);
    const { tools } = await importMethods(readDescriptors(files), NAMED);
    expect(tools.map(({ key }) => key)).toEqual(['/p.S/Do']);
  });

  it.each(['__proto__', 'constructor', 'toString', 'nested', 'hasOwnProperty'])(
    'a file with a message called %s is read or refused, and changes nothing else',
    async (name) => {
      const content = proto3(
        `message ${name} { string ${name} = 1; }\nservice S { rpc Do(${name}) returns (${name}); }`,
      );
      await toolsOf(file(content)).catch((error: Error) => expect(error.message).toMatch(/^a\.proto/));
      expect(Object.keys(Object.prototype)).toEqual([]);
      expect(Object.hasOwn({}, name)).toBe(false);
    },
  );

  it('a file of a megabyte is read', async () => {
    const fields = Array.from(
      { length: 12_000 },
      (_, at) => `message M${at} { M${at} a = 1; string b = 2; repeated int64 c = 3; }`,
    );
    const files = await filesInProtos([file(proto3(fields.join('\n')))]);
    expect(files[0]?.length).toBeGreaterThan(100_000);
  });
});
