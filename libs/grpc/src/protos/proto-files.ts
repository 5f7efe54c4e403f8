import { toBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { DescriptorsRefused } from '../descriptors/descriptors.js';
import { isWellKnown } from '../descriptors/well-known.js';
import { GRPC_LIMITS } from '../limits.js';
import { checkLength } from './length-check.js';
import { lineOf, type ParsedProto, type ProtoFile, refusedAt } from './parsed-proto.js';
import { checkReferences } from './references.js';
import { fileDescriptorOf } from './to-descriptor.js';

/**
 * The descriptors of `.proto` files, each a `FileDescriptorProto` with comments; well-known types are known. An import that is not
 * there is missed only where something of it is needed: options of others are not read. Rejects with `DescriptorsRefused`,
 * which names file and line.
 */
export const filesInProtos = async (files: readonly ProtoFile[]): Promise<Uint8Array[]> => {
  assertWithinLimits(files);
  const { default: protobuf } = await import('protobufjs');
  const parsed: ParsedProto[] = [];
  for (const file of files) {
    if (isWellKnown(file.name)) continue;
    parsed.push(parsedProto(protobuf, file));
    // A parser does not wait: other work has its turn between files.
    await new Promise((resolve) => setImmediate(resolve));
  }
  checkReferences(parsed);
  return parsed.map((each) => toBinary(FileDescriptorProtoSchema, fileDescriptorOf(each)));
};

const parsedProto = (protobuf: typeof import('protobufjs'), file: ProtoFile): ParsedProto => {
  const root = new protobuf.Root();
  const syntax = syntaxOf(file);
  checkLength(file);
  try {
    const said = protobuf.parse(file.content, root, { keepCase: true, alternateCommentMode: true });
    const imports = [...(said.imports ?? []), ...(said.weakImports ?? [])];
    return { file, root, package: said.package ?? '', syntax, imports };
  } catch (error) {
    // The parser reads on where there is nothing left.
    if (error instanceof TypeError) throw refusedAt(file, file.content.split('\n').length, 'it ends too early');
    const message = error instanceof Error ? error.message : String(error);
    const [, reason = message, line] = /^(.*?) \((?:.*, )?line (\d+)\)$/s.exec(message) ?? [];
    throw refusedAt(file, line === undefined ? lineOfSecond(file, message) : Number(line), reason);
  }
};

/** Of what is there twice the parser does not say where. */
const lineOfSecond = ({ content }: ProtoFile, message: string): number | undefined => {
  const [, name, id] = /^duplicate (?:name '(\w+)'|id (\d+)) /.exec(message) ?? [];
  if (name === undefined && id === undefined) return undefined;
  const found = [...content.matchAll(new RegExp(name === undefined ? `=\\s*${id}\\b` : `\\b${name}\\b`, 'g'))];
  return found.length < 2 ? undefined : content.slice(0, found.at(-1)?.index).split('\n').length;
};

const SYNTAX = /^[ \t]*(syntax|edition)\s*=\s*["']([^"'\n]*)["']/m;

const syntaxOf = (file: ProtoFile): 'proto2' | 'proto3' => {
  const [, kind, version = 'proto2'] = SYNTAX.exec(file.content) ?? [];
  if (kind !== 'edition' && (version === 'proto2' || version === 'proto3')) return version;
  const reason = `${kind} "${version.slice(0, 20)}" is not read: hand over what protoc makes of it, as descriptorSet`;
  throw refusedAt(file, lineOf(file, SYNTAX), reason);
};

const assertWithinLimits = (files: readonly ProtoFile[]): void => {
  const { protoFilesMax, protoBytesMax } = GRPC_LIMITS;
  if (files.length > protoFilesMax) throw new DescriptorsRefused(`There are more than ${protoFilesMax} files`);
  const bytes = files.reduce((sum, { content }) => sum + Buffer.byteLength(content), 0);
  if (bytes > protoBytesMax) throw new DescriptorsRefused(`The files have more than ${protoBytesMax} bytes`);
  const names = new Set<string>();
  for (const { name } of files) {
    if (names.has(name)) throw new DescriptorsRefused(`${name} is there twice`);
    names.add(name);
  }
};
