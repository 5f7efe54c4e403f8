import { fileURLToPath } from 'node:url';
import {
  type GrpcObject,
  Metadata,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
  type ServiceClientConstructor,
  type UntypedServiceImplementation,
  loadPackageDefinition,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';
import { createServer } from 'nice-grpc';
import { ServerReflection, ServerReflectionService } from 'nice-grpc-server-reflection';
import { shopDescriptorSet } from './shop-descriptors.js';

type Message = Record<string, unknown>;

/** A call as it came. */
export interface ReceivedGrpcCall {
  readonly method: string;
  readonly request: Message;
  readonly metadata: Readonly<Record<string, unknown>>;
  /** Milliseconds that it was given. */
  readonly timeoutMs: number;
  isCancelled: boolean;
}

/** A shop that is a gRPC server (`shop.proto`), and writes down what it is asked. */
export interface GrpcDouble {
  /** `http://127.0.0.1:port`, or `https:`. */
  readonly url: string;
  readonly received: ReceivedGrpcCall[];
  stop(): Promise<void>;
}

export interface GrpcDoubleOptions {
  /**
   * Whose reflection it has: `grpc-js` describes it in one lossy file, in both versions of the service; `nice-grpc` in the
   * files as they are, one at a time, in v1 alone.
   */
  readonly reflection?: 'grpc-js' | 'nice-grpc' | 'none';
  /** Default: a free one. */
  readonly port?: number;
  /** With TLS; `clientCa`: clients must show a certificate of it. */
  readonly tls?: { readonly key: string; readonly cert: string; readonly clientCa?: string };
}

const DEFINITION = loadSync(fileURLToPath(new URL('./shop.proto', import.meta.url)), { longs: String, oneofs: false });

export const startGrpcDouble = async (options: GrpcDoubleOptions = {}): Promise<GrpcDouble> => {
  const { reflection = 'grpc-js', port: wanted = 0, tls } = options;
  const received: ReceivedGrpcCall[] = [];
  const credentials =
    tls === undefined
      ? ServerCredentials.createInsecure()
      : ServerCredentials.createSsl(
          tls.clientCa === undefined ? null : Buffer.from(tls.clientCa),
          [{ private_key: Buffer.from(tls.key), cert_chain: Buffer.from(tls.cert) }],
          tls.clientCa !== undefined,
        );
  const { start, stop } = reflection === 'nice-grpc' ? niceServer(received) : plainServer(received, reflection);
  const port = await start(credentials, wanted);
  return { url: `http${tls === undefined ? '' : 's'}://127.0.0.1:${port}`, received, stop };
};

interface Starting {
  start(credentials: ServerCredentials, port: number): Promise<number>;
  stop(): Promise<void>;
}

const shopService = () =>
  (((loadPackageDefinition(DEFINITION)['shop'] as GrpcObject)['v1'] as GrpcObject)['Shop'] as ServiceClientConstructor)
    .service;

const plainServer = (received: ReceivedGrpcCall[], reflection: 'grpc-js' | 'none'): Starting => {
  const server = new Server();
  server.addService(shopService(), implementation(received));
  if (reflection === 'grpc-js') new ReflectionService(DEFINITION).addToServer(server);
  return {
    start: (credentials, wanted) =>
      new Promise((resolve, reject) =>
        server.bindAsync(`127.0.0.1:${wanted}`, credentials, (error, port) => (error ? reject(error) : resolve(port))),
      ),
    stop: async () => server.forceShutdown(),
  };
};

/** The same with the other library, of which one method answers. */
const niceServer = (received: ReceivedGrpcCall[]): Starting => {
  const server = createServer();
  server.add(ServerReflectionService, ServerReflection(shopDescriptorSet(), ['shop.v1.Shop']));
  const unserved = async (): Promise<Message> => ({});
  server.add(
    shopService() as never,
    {
      GetItem: async (request: Message) => {
        received.push({ method: 'GetItem', request, metadata: {}, timeoutMs: 0, isCancelled: false });
        return itemCalled(request['name']);
      },
      EchoItem: unserved,
      ListItems: async function* () {},
      UploadItems: unserved,
      Fail: unserved,
      Wait: unserved,
    } as never,
  );
  return {
    start: (credentials, wanted) => server.listen(`127.0.0.1:${wanted}`, credentials),
    stop: async () => server.forceShutdown(),
  };
};

const itemCalled = (name: unknown): Message => ({ name, priceCents: '9007199254740993', stock: { north: 3 }, size: 1 });

const implementation = (received: ReceivedGrpcCall[]): UntypedServiceImplementation => {
  const note = (method: string, call: ServerUnaryCall<Message, Message> | ServerWritableStream<Message, Message>) => {
    const deadline = call.getDeadline();
    const noted: ReceivedGrpcCall = {
      method,
      request: call.request,
      metadata: call.metadata.getMap(),
      timeoutMs: Number(deadline) - Date.now(),
      isCancelled: false,
    };
    received.push(noted);
    call.on('cancelled', () => {
      noted.isCancelled = true;
    });
  };
  return {
    GetItem: (call: ServerUnaryCall<Message, Message>, done: sendUnaryData<Message>) => {
      note('GetItem', call);
      done(null, itemCalled(call.request['name']));
    },
    EchoItem: (call: ServerUnaryCall<Message, Message>, done: sendUnaryData<Message>) => {
      note('EchoItem', call);
      done(null, call.request);
    },
    ListItems: (call: ServerWritableStream<Message, Message>) => {
      note('ListItems', call);
      const count = Number(call.request['name']);
      let sent = 0;
      const more = (): void => {
        if (call.cancelled) return;
        if (count > 0 && sent === count) return void call.end();
        call.write({ name: `item ${++sent}` });
        if (count > 0) more();
        else setTimeout(more, 1);
      };
      more();
    },
    UploadItems: (_: unknown, done: sendUnaryData<Message>) => done(null, {}),
    Fail: (call: ServerUnaryCall<Message, Message>, done: sendUnaryData<Message>) => {
      note('Fail', call);
      const metadata = new Metadata();
      metadata.set('grpc-status-details-bin', STATUS_DETAILS);
      done({ code: Number(call.request['name']), details: 'no such item – sorry', metadata });
    },
    Wait: (call: ServerUnaryCall<Message, Message>, done: sendUnaryData<Message>) => {
      note('Wait', call);
      call.on('cancelled', () => done(null, {}));
    },
  };
};

const lengthPrefixed = (number: number, bytes: Buffer): Buffer =>
  Buffer.concat([Buffer.from([(number << 3) | 2, bytes.length]), bytes]);

/** A `google.rpc.Status` with a `shop.v1.Stock` of 7. */
const STATUS_DETAILS = lengthPrefixed(
  3,
  Buffer.concat([
    lengthPrefixed(1, Buffer.from('type.googleapis.com/shop.v1.Stock')),
    lengthPrefixed(2, Buffer.from([8, 7])),
  ]),
);
