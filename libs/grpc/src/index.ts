export { GrpcMethod, methodAt } from './call/method.js';
export { answerResult, statusResult, streamResult } from './call/result.js';
export {
  type Descriptors,
  DescriptorsRefused,
  filesInSet,
  readDescriptors,
  restoredDescriptors,
  storedDescriptors,
} from './descriptors/descriptors.js';
export { nameAndImports } from './descriptors/imports-wanted.js';
export {
  REFLECTION_PATHS,
  reflectionAnswer,
  reflectionRequest,
  type ReflectionAnswer,
  type ReflectionQuestion,
} from './descriptors/reflection.js';
export { GRPC_LIMITS } from './limits.js';
export { type GrpcTool, importMethods, type ImportedMethods, isAboutItself } from './tools/import.js';
export { filesInProtos } from './protos/proto-files.js';
export { FrameReader, FrameRefused, framed } from './wire/frames.js';
export {
  GRPC_OK,
  GRPC_UNAUTHENTICATED,
  GRPC_UNAVAILABLE,
  GRPC_UNIMPLEMENTED,
  type GrpcStatus,
  statusIn,
  statusName,
  statusOfHttp,
  timeoutText,
} from './wire/status.js';
