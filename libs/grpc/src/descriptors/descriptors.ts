import { create, createFileRegistry, type FileRegistry, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
  type SourceCodeInfo,
  SourceCodeInfoSchema,
  SourceCodeInfo_LocationSchema,
} from '@bufbuild/protobuf/wkt';
import { GRPC_LIMITS } from '../limits.js';
import { repairDescriptors } from './repair.js';
import { isWellKnown } from './well-known.js';

/** What a server says of itself cannot be used. Its message is for whoever registers the server. */
export class DescriptorsRefused extends Error {}

/** What a server is known to have. */
export interface Descriptors {
  readonly registry: FileRegistry;
  /** Fields whose type nobody describes; they are shown as what they are on the wire. */
  readonly opaque: readonly string[];
}

/**
 * Reads descriptors as servers and compilers give them, each a `FileDescriptorProto`, and mends what is missing in them.
 * Throws `DescriptorsRefused`.
 */
export const readDescriptors = (files: readonly Uint8Array[]): Descriptors => {
  const bytes = files.reduce((sum, { length }) => sum + length, 0);
  if (bytes > GRPC_LIMITS.descriptorBytesMax)
    throw new DescriptorsRefused(`The descriptors have more than ${GRPC_LIMITS.descriptorBytesMax} bytes`);
  if (files.length > GRPC_LIMITS.filesMax)
    throw new DescriptorsRefused(`There are more than ${GRPC_LIMITS.filesMax} files of descriptors`);
  try {
    const { files: mended, opaque } = repairDescriptors(
      files.map((file) => fromBinary(FileDescriptorProtoSchema, file)),
    );
    return { registry: registryOf(mended), opaque };
  } catch (error) {
    throw refused(error);
  }
};

/** The files of a `FileDescriptorSet`, as compilers write it. Throws `DescriptorsRefused`. */
export const filesInSet = (set: Uint8Array): Uint8Array[] => {
  try {
    const { file } = fromBinary(FileDescriptorSetSchema, set);
    return file.map((each) => toBinary(FileDescriptorProtoSchema, each));
  } catch (error) {
    throw refused(error);
  }
};

/** Descriptors as they are stored: mended, with comments but not where in a file these stand, a `FileDescriptorSet`. */
export const storedDescriptors = ({ registry }: Descriptors): Uint8Array => {
  const file = [...registry.files].map(({ proto }) => proto).filter(({ name }) => !isWellKnown(name));
  const bare = file.map((each) => ({ ...each, sourceCodeInfo: commentsIn(each) }) as FileDescriptorProto);
  return toBinary(FileDescriptorSetSchema, create(FileDescriptorSetSchema, { file: bare }));
};

const commentsIn = ({ sourceCodeInfo }: FileDescriptorProto): SourceCodeInfo | undefined => {
  const location = (sourceCodeInfo?.location ?? []).flatMap(({ path, leadingComments, trailingComments }) =>
    leadingComments || trailingComments
      ? [create(SourceCodeInfo_LocationSchema, { path, leadingComments, trailingComments })]
      : [],
  );
  return location.length === 0 ? undefined : create(SourceCodeInfoSchema, { location });
};

/** The other way round. */
export const restoredDescriptors = (stored: Uint8Array): FileRegistry =>
  registryOf(repairDescriptors(fromBinary(FileDescriptorSetSchema, stored).file).files);

const registryOf = (file: readonly FileDescriptorProto[]): FileRegistry =>
  createFileRegistry(create(FileDescriptorSetSchema, { file: [...file] }));

const refused = (error: unknown): DescriptorsRefused =>
  error instanceof DescriptorsRefused
    ? error
    : new DescriptorsRefused(
        `The descriptors cannot be read: ${error instanceof Error ? error.message.slice(0, 300) : 'they are malformed'}`,
        { cause: error },
      );
