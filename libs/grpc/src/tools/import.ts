import { setImmediate as nextTurn } from 'node:timers/promises';
import type { DescMethod, DescService } from '@bufbuild/protobuf';
import { MethodOptions_IdempotencyLevel } from '@bufbuild/protobuf/wkt';
import { inline, type Schema, TOOL_LIMITS, type ToolAnnotations, ToolNames } from '#libs/openapi';
import type { Descriptors } from '../descriptors/descriptors.js';
import { GRPC_LIMITS } from '../limits.js';
import { Comments } from '../schema/comments.js';
import { MessageSchemas } from '../schema/message-schema.js';

/** A method as a tool. */
export interface GrpcTool {
  /** `/shop.v1.Shop/GetItem`: what a refresh knows it by, and the path that it is called at. */
  readonly key: string;
  readonly name: string;
  readonly description: string;
  readonly inputSchema: Schema;
  readonly annotations: ToolAnnotations;
}

export interface ImportOptions {
  /** Whole names of services; empty: all but those that describe the server itself. */
  readonly services: readonly string[];
  readonly protoFieldNames: boolean;
  /** Room that the gateway's prefix takes in the names of tools. */
  readonly prefixChars: number;
  /** Names that methods were given before, by key. */
  readonly pinnedNames?: ReadonlyMap<string, string>;
}

/** The tools that were made, and the methods that none was made of, with the reason. */
export interface ImportedMethods {
  readonly tools: readonly GrpcTool[];
  readonly skipped: readonly { readonly key: string; readonly reason: string }[];
}

const ABOUT_ITSELF = /^grpc\.(reflection|health|channelz)\./;

/** Whether a service says something of its server (reflection, health, channelz), not what it is for. */
export const isAboutItself = (service: string): boolean => ABOUT_ITSELF.test(service);

/**
 * Makes tools of the methods of services: of those with one request each, whatever comes back. Other work has its turn between
 * two methods.
 */
export const importMethods = async (descriptors: Descriptors, options: ImportOptions): Promise<ImportedMethods> => {
  const { registry } = descriptors;
  const chosen = new Set(options.services);
  const services = [...registry].filter((type): type is DescService => type.kind === 'service');
  const wanted = services.filter(({ typeName }) =>
    chosen.size === 0 ? !isAboutItself(typeName) : chosen.has(typeName),
  );
  const names = new ToolNames(options.prefixChars, options.pinnedNames);
  const comments = new Comments(registry, TOOL_LIMITS.descriptionCharsMax);
  const schemas = new MessageSchemas({ protoFieldNames: options.protoFieldNames, comments });
  const tools: GrpcTool[] = [];
  const skipped: { key: string; reason: string }[] = [];
  for (const method of wanted.flatMap((service) => service.methods)) {
    const made = tools.length >= GRPC_LIMITS.methodsMax ? TOO_MANY : toolOf(method, schemas, names, comments);
    if (typeof made === 'string') skipped.push({ key: keyOf(method), reason: made });
    else tools.push(made);
    await nextTurn();
  }
  return { tools, skipped };
};

const TOO_MANY = `there are more than ${GRPC_LIMITS.methodsMax} methods; choose among the services`;

const keyOf = ({ name, parent }: DescMethod): string => `/${parent.typeName}/${name}`;

/** A sentence where it cannot be a tool. */
const toolOf = (
  method: DescMethod,
  schemas: MessageSchemas,
  names: ToolNames,
  comments: Comments,
): GrpcTool | string => {
  const { methodKind, input, name, parent } = method;
  if (methodKind === 'client_streaming' || methodKind === 'bidi_streaming')
    return 'it takes a stream of requests, which a tool has no place for';
  const shown = inline(schemas.argumentsOf(input), TOOL_LIMITS.shownCharsMax, TOOL_LIMITS.schemaCharsMax);
  if (shown === null) return `its arguments take more than ${TOOL_LIMITS.schemaCharsMax} characters to describe`;
  const key = keyOf(method);
  return {
    key,
    name: names.nameFor({ key, operationId: `${parent.name}_${name}`, method: '', path: key }),
    description: descriptionOf(method, comments),
    inputSchema: shown.schema,
    annotations: annotationsOf(method),
  };
};

const descriptionOf = (method: DescMethod, comments: Comments): string => {
  const { name, parent, methodKind, deprecated } = method;
  const said = comments.of(method) || `${name} of ${parent.typeName}`;
  const streams = methodKind === 'server_streaming' ? ' Answers with a list of messages.' : '';
  return `${deprecated ? 'Deprecated. ' : ''}${said}${streams}`;
};

const { NO_SIDE_EFFECTS, IDEMPOTENT } = MethodOptions_IdempotencyLevel;

/** What the method declares; an operator may know better. */
const annotationsOf = ({ idempotency }: DescMethod): ToolAnnotations => ({
  readOnlyHint: idempotency === NO_SIDE_EFFECTS,
  destructiveHint: idempotency !== NO_SIDE_EFFECTS,
  idempotentHint: idempotency === NO_SIDE_EFFECTS || idempotency === IDEMPOTENT,
});
