import { type Attributes, SpanKind } from '@opentelemetry/api';
import type { ServerCodec } from '#libs/mcp';
import { spanEnded } from '#libs/telemetry';
import type { CallTrace, WireCall } from '../call/index.js';

const OTHER_METHOD = 'other';
const NAME_CHARS_MAX = 128;

/** What is known of a request when it has been answered. */
export interface Answered {
  readonly wire: WireCall;
  readonly codec: ServerCodec;
  readonly trace: CallTrace;
  readonly startedAtMs: number;
  /** Its caller may know what it names, and it is there. */
  readonly isFound: boolean;
  /** '' where it did not fail. */
  readonly errorType: string;
}

/** Gives out the span of a request of MCP that is traced. https://opentelemetry.io/docs/specs/semconv/gen-ai/mcp/ */
export const serverSpanEnded = ({ wire, codec, trace, startedAtMs, isFound, errorType }: Answered): void => {
  const { traceparent, parent, passed } = trace;
  const method = codec.operations.has(wire.request.method) ? wire.request.method : OTHER_METHOD;
  // Of anything else it is nobody's name, and whatever its client wants it to be.
  const given = method === 'tools/call' || method === 'prompts/get' ? wire.request.params.value['name'] : undefined;
  const name = isFound && typeof given === 'string' ? given.slice(0, NAME_CHARS_MAX) : null;
  spanEnded({
    name: name === null ? method : `${method} ${name}`,
    kind: SpanKind.SERVER,
    traceparent,
    parent,
    tracestate: passed?.tracestate,
    startedAtMs,
    errorType,
    attributes: {
      'mcp.method.name': method,
      'mcp.protocol.version': codec.revision,
      'network.transport': 'tcp',
      'network.protocol.name': wire.face === 'connection' ? 'websocket' : 'http',
      ...(wire.endpoint.serverId !== null && { 'switchyard.server.id': wire.endpoint.serverId }),
      ...(name !== null && nameAttributes(method, name)),
    },
  });
};

const nameAttributes = (method: string, name: string): Attributes => {
  if (method === 'tools/call') return { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': name };
  return method === 'prompts/get' ? { 'gen_ai.prompt.name': name } : {};
};
