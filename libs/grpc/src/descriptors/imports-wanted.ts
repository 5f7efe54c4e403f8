import { fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { isWellKnown } from './well-known.js';

/** What of a file decides whether another has to be asked for. Throws for what is no `FileDescriptorProto`. */
export const nameAndImports = (file: Uint8Array): { readonly name: string; readonly imports: readonly string[] } => {
  const { name, dependency } = fromBinary(FileDescriptorProtoSchema, file);
  return { name, imports: dependency.filter((each) => !isWellKnown(each)) };
};
