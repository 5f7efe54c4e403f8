import {
  type DescMethod,
  type FileRegistry,
  fromBinary,
  fromJson,
  type JsonValue,
  toBinary,
  toJson,
} from '@bufbuild/protobuf';
import { MethodOptions_IdempotencyLevel } from '@bufbuild/protobuf/wkt';
import { ArgumentsRefused } from '#libs/openapi';
import { isWrapped } from '../schema/scalar-schema.js';
import { withShortFloats } from './short-floats.js';
import { withKnownTypes } from './unknown-any.js';

/** One method of a server, ready to be called. */
export class GrpcMethod {
  readonly isStreaming: boolean;
  /** It may be called twice, by its own declaration. */
  readonly isIdempotent: boolean;
  /** Its request is no object in JSON. */
  readonly #wrapped: boolean;

  constructor(
    /** Where it is called. */
    readonly path: string,
    private readonly method: DescMethod,
    private readonly registry: FileRegistry,
    private readonly protoFieldNames: boolean,
  ) {
    const { typeName } = method.input;
    this.isStreaming = method.methodKind === 'server_streaming';
    this.isIdempotent = method.idempotency !== MethodOptions_IdempotencyLevel.IDEMPOTENCY_UNKNOWN;
    this.#wrapped = isWrapped(typeName);
  }

  /** `text`: JSON of the arguments. Throws `ArgumentsRefused`. */
  encode(text: string): Uint8Array {
    const { input } = this.method;
    try {
      const given = parsed(text);
      return toBinary(input, fromJson(input, this.#wrapped ? unwrapped(given) : given, { registry: this.registry }));
    } catch (error) {
      if (error instanceof ArgumentsRefused) throw error;
      throw new ArgumentsRefused(
        error instanceof Error ? error.message.slice(0, MESSAGE_CHARS_MAX) : 'The arguments do not fit the request',
      );
    }
  }

  /** JSON text of a message that came back. Throws for what is none of its type. */
  decode(bytes: Uint8Array): string {
    const { output } = this.method;
    const { registry } = this;
    const message = fromBinary(output, bytes);
    const options = { registry, useProtoFieldName: this.protoFieldNames };
    const json = (): string => JSON.stringify(withShortFloats(output, toJson(output, message, options), registry));
    try {
      return json();
    } catch (error) {
      if (!withKnownTypes(output, message, registry)) throw error;
      return json();
    }
  }
}

/** The method of a path `/service/method`; `null` where the server has none that a tool can be made of. */
export const methodAt = (registry: FileRegistry, path: string, protoFieldNames: boolean): GrpcMethod | null => {
  const [, service = '', name = ''] = path.split('/');
  const method = registry.getService(service)?.methods.find((each) => each.name === name);
  return method === undefined ? null : new GrpcMethod(path, method, registry, protoFieldNames);
};

const MESSAGE_CHARS_MAX = 500;

const unwrapped = (given: JsonValue): JsonValue => {
  const members = typeof given === 'object' && given !== null && !Array.isArray(given) ? given : {};
  const stray = Object.keys(members).find((name) => name !== 'value');
  if (stray !== undefined) throw new ArgumentsRefused(`There is no argument "${stray.slice(0, 64)}"`);
  if (!Object.hasOwn(members, 'value')) throw new ArgumentsRefused('The argument "value" is missing');
  return members['value'] as JsonValue;
};

const LONG_NUMBER = /\d{16}/;

/** A number that JavaScript cannot hold exactly would be sent as another one. */
const parsed = (text: string): JsonValue =>
  LONG_NUMBER.test(text)
    ? (JSON.parse(text, (_, value: unknown, context?: { readonly source?: string }) => {
        if (typeof value !== 'number' || Number.isSafeInteger(value) || !/^-?\d+$/.test(context?.source ?? ''))
          return value;
        throw new ArgumentsRefused(
          `The number ${context?.source?.slice(0, 40)} is too long to be exact: give it as text`,
        );
      }) as JsonValue)
    : (JSON.parse(text) as JsonValue);
