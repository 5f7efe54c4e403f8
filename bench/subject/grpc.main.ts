import {
  Server,
  ServerCredentials,
  type ServiceDefinition,
  type sendUnaryData,
  type ServerUnaryCall,
} from '@grpc/grpc-js';
import { obeyWhenTold } from './garbage.js';

// A gRPC server with one method, which answers with the bytes it is given.
const same = (bytes: Buffer): Buffer => bytes;
const SERVICE: ServiceDefinition = {
  grpc: {
    path: '/bench.Bench/grpc',
    requestStream: false,
    responseStream: false,
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  },
};

const server = new Server();
server.addService(SERVICE, {
  grpc: ({ request }: ServerUnaryCall<Buffer, Buffer>, answer: sendUnaryData<Buffer>) => answer(null, request),
});
server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  process.send?.(`http://127.0.0.1:${port}`);
});
obeyWhenTold();
process.on('disconnect', () => process.exit(0));
