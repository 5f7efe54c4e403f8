import { create, toBinary } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { describe, expect, it } from 'vitest';
import {
  filesInSet,
  GRPC_LIMITS,
  GRPC_OK,
  GRPC_UNAUTHENTICATED,
  GRPC_UNIMPLEMENTED,
  type GrpcStatus,
  REFLECTION_PATHS,
} from '#libs/grpc';
import type { MessageSink } from '../transport/grpc/answer-collector.js';
import type { GrpcRequest } from '../transport/grpc/sender.js';
import { Reflection } from './grpc-reflection.js';

const SECRET = 'secret-key-0815';
const OK: GrpcStatus = { code: GRPC_OK, message: '' };

const field = (number: number, ...values: Uint8Array[]): Uint8Array => {
  const writer = new BinaryWriter();
  for (const value of values) writer.tag(number, WireType.LengthDelimited).bytes(value);
  return writer.finish();
};
const listOf = (names: readonly string[]): Uint8Array =>
  field(6, field(1, ...names.map((name) => field(1, Buffer.from(name)))));
const filesOf = (...files: Uint8Array[]): Uint8Array => field(4, field(1, ...files));
const errorOf = (message: string): Uint8Array => field(7, field(2, Buffer.from(message)));
const fileOf = (name: string, chars = 0): Uint8Array =>
  toBinary(
    FileDescriptorProtoSchema,
    create(FileDescriptorProtoSchema, { name, syntax: 'proto3', messageType: [{ name: 'M'.repeat(chars) }] }),
  );

type Exchange = (request: GrpcRequest) => { readonly messages?: readonly Uint8Array[]; readonly status?: GrpcStatus };

/** A look at a server that answers one exchange after the other as the test says. */
const look = (...exchanges: Exchange[]) => {
  const access = {
    tokenId: 'first',
    headers: ['authorization', 'first'],
    redact: (text: string) => text.replaceAll(SECRET, '[redacted]'),
    renew: async () => {
      access.headers = ['authorization', 'second'];
      return true;
    },
  };
  const sender = {
    send: (request: GrpcRequest, sink: MessageSink) => {
      let isOver = false;
      const { messages = [], status = OK } = exchanges.shift()?.(request) ?? {};
      queueMicrotask(() => {
        for (const message of messages) if (!isOver) sink.received(message);
        if (!isOver) sink.ended(status);
      });
      return { keeps: () => {}, abandon: () => void (isOver = true) };
    },
  };
  return new Reflection(sender as never, access as never, performance.now() + 10_000);
};

const lists =
  (...names: string[]): Exchange =>
  () => ({ messages: [listOf(names)] });

describe('a look at a gRPC server', () => {
  it('a server is read when it sends the same files with each service, more than their limit together', async () => {
    const big = fileOf('big.proto', 3 * 1_048_576);
    const services = ['a.A', 'a.B', 'a.C', 'a.D'];
    const answers = services.map((name) => filesOf(fileOf(name), big));
    expect(answers.reduce((sum, { length }) => sum + length, 0)).toBeGreaterThan(GRPC_LIMITS.descriptorBytesMax);
    const found = await look(lists(...services), () => ({ messages: [...answers, errorOf('none')] })).describe([]);
    expect(filesInSet(found.descriptorSet)).toHaveLength(5);
  });

  it('the older reflection is asked, from the first question on, when a server has no newer', async () => {
    const asked: string[] = [];
    const at =
      (exchange: Exchange): Exchange =>
      (request) => (asked.push(request.path), exchange(request));
    const missing = at(() => ({ status: { code: GRPC_UNIMPLEMENTED, message: '' } }));
    const described = at(() => ({ messages: [filesOf(fileOf('a.A')), errorOf('none')] }));
    expect((await look(missing, at(lists('a.A')), described).describe([])).services).toEqual(['a.A']);
    const [newest, older] = REFLECTION_PATHS;
    expect(asked).toEqual([newest, older, older]);
    await expect(look(missing, missing).describe([])).rejects.toThrow('it has no reflection');
  });

  it('a server is refused when its files are too large together', async () => {
    const services = ['a.A', 'a.B', 'a.C'];
    const answers = services.map((name) => filesOf(fileOf(name, 3 * 1_048_576)));
    await expect(look(lists(...services), () => ({ messages: answers })).describe([])).rejects.toMatchObject({
      code: 'upstream.too_large',
    });
  });

  it('a server is refused when it answers more than it is asked', async () => {
    const reflection = look(() => ({ messages: [listOf(['a.A']), listOf(['a.A'])] }));
    await expect(reflection.describe([])).rejects.toThrow(/more than it is asked/);
  });

  it('files are asked for when those that have come import them', async () => {
    const importing = toBinary(
      FileDescriptorProtoSchema,
      create(FileDescriptorProtoSchema, { name: 'a.proto', dependency: ['b.proto'] }),
    );
    const found = await look(
      lists('a.A'),
      () => ({ messages: [filesOf(importing), errorOf('none')] }),
      ({ messages }) => ({ messages: messages.map(() => filesOf(fileOf('b.proto'))) }),
    ).describe([]);
    expect(filesInSet(found.descriptorSet)).toHaveLength(2);
  });

  it.each<[string, Exchange[]]>([
    ['its reflection fails', [() => ({ status: { code: 13, message: `${'x'.repeat(190)}${SECRET}` } })]],
    [
      'it does not describe a service',
      [lists('a.A'), () => ({ messages: [errorOf(`${'x'.repeat(190)}${SECRET}`), errorOf('none')] })],
    ],
  ])('a server that repeats what it was shown is quoted without it when %s', async (_, exchanges) => {
    const error = await look(...exchanges)
      .describe([])
      .catch((problem: Error) => problem);
    expect(String(error)).toContain('x[redacted');
    expect(String(error)).not.toContain('secret');
  });

  it('another access token is shown when the server refuses the first, once', async () => {
    const shown: unknown[] = [];
    const refusing: Exchange = ({ headers }) => {
      shown.push(headers[1]);
      return { status: { code: GRPC_UNAUTHENTICATED, message: 'expired' } };
    };
    expect((await look(refusing, lists('grpc.health.v1.Health')).describe([])).services).toHaveLength(1);
    await expect(look(refusing, refusing).describe([])).rejects.toMatchObject({ code: 'upstream.unauthorised' });
    expect(shown).toEqual(['first', 'first', 'second']);
  });
});
