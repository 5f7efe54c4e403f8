import { type FileRegistry, fromBinary, toJson } from '@bufbuild/protobuf';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { AnySchema } from '@bufbuild/protobuf/wkt';
import { textResult, type ToolResult } from '#libs/openapi';
import { GRPC_PERMISSION_DENIED, GRPC_UNAUTHENTICATED, type GrpcStatus, statusName } from '../wire/status.js';
import { withShortFloats } from './short-floats.js';

/** The result of a method with one answer. `json`: its text. */
export const answerResult = (json: string): ToolResult =>
  structured(json, json.startsWith('{') ? json : `{"result":${json}}`);

/**
 * The result of a method that answers with a stream, of which each text is a message. `isWhole`: the server said that this
 * was all of it.
 */
export const streamResult = (messages: readonly string[], isWhole: boolean): ToolResult => {
  const json = `{"messages":[${messages.join()}]${isWhole ? '' : ',"truncated":true'}}`;
  return structured(json, json);
};

/** A status that is no success, told so that a model can act on it. `credentials`: the names of what was sent. */
export const statusResult = (
  { code, message, details }: GrpcStatus,
  registry: FileRegistry,
  credentials: readonly string[],
): ToolResult => {
  const lines = [message === '' ? statusName(code) : `${statusName(code)}: ${message}`];
  if (code === GRPC_UNAUTHENTICATED || code === GRPC_PERMISSION_DENIED)
    lines.push(
      credentials.length === 0 ? 'No credential was sent.' : `The credential that was sent: ${credentials.join(', ')}.`,
    );
  if (details !== undefined) lines.push(...detailLines(details, registry));
  return textResult(lines.join('\n'), true);
};

const structured = (text: string, json: string): ToolResult => ({
  isError: false,
  text: `{"content":[{"type":"text","text":${JSON.stringify(text)}}],"structuredContent":${json},"isError":false}`,
});

const DETAILS_MAX = 20;

/** What a `google.rpc.Status` holds beside code and message, each as JSON; what is not described, by its type. */
const detailLines = (status: Uint8Array, registry: FileRegistry): string[] => {
  try {
    return anysIn(status)
      .slice(0, DETAILS_MAX)
      .map((bytes) => {
        const any = fromBinary(AnySchema, bytes);
        try {
          return JSON.stringify(withShortFloats(AnySchema, toJson(AnySchema, any, { registry }), registry));
        } catch {
          return JSON.stringify({ '@type': any.typeUrl, value: Buffer.from(any.value).toString('base64') });
        }
      });
  } catch {
    return [];
  }
};

/** https://github.com/googleapis/googleapis/blob/master/google/rpc/status.proto */
const anysIn = (status: Uint8Array): Uint8Array[] => {
  const reader = new BinaryReader(status);
  const found: Uint8Array[] = [];
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag();
    if (number === 3 && type === WireType.LengthDelimited) found.push(reader.bytes());
    else reader.skip(type, number);
  }
  return found;
};
