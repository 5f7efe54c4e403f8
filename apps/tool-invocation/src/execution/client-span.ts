import { type Attributes, SpanKind } from '@opentelemetry/api';
import type { CallRecord } from '#contracts/metrics/record-calls.request';
import type { UpstreamCall } from '#contracts/tool-invocation/execute-call.request';
import { isConnectorUrl } from '#libs/connector';
import { type EndedSpan, spanEnded } from '#libs/telemetry';
import type { Upstream } from '../upstreams/upstream.js';

type Timing = Pick<EndedSpan, 'traceparent' | 'parent' | 'startedAtMs' | 'errorType'>;

const NAME_CHARS_MAX = 128;

/**
 * Gives out the span of a call that is traced: from its hand-over to the upstream, or where it got no further from its
 * beginning. https://opentelemetry.io/docs/specs/semconv/gen-ai/mcp/
 */
export const clientSpanEnded = (
  { method, target, upstreamId, passedContext }: UpstreamCall,
  { upstreamRevision, waitedMs, errorCode }: CallRecord,
  timing: Timing,
  upstream: Upstream | undefined,
): void => {
  // Of a resource, a completion or a task it is not for everybody's eyes: a URI may hold a key.
  const name = method === 'tools/call' || method === 'prompts/get' ? target.slice(0, NAME_CHARS_MAX) : null;
  spanEnded({
    ...timing,
    name: name === null ? method : `${method} ${name}`,
    kind: SpanKind.CLIENT,
    tracestate: passedContext?.tracestate,
    attributes: {
      'mcp.method.name': method,
      ...(upstreamRevision !== null && { 'mcp.protocol.version': upstreamRevision }),
      ...(method === 'tools/call' && { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': target }),
      ...(method === 'prompts/get' && { 'gen_ai.prompt.name': target }),
      ...(errorCode !== null && /^-?\d/.test(errorCode) && { 'rpc.response.status_code': errorCode }),
      'switchyard.upstream.id': upstreamId,
      'switchyard.waited_ms': waitedMs,
      ...(upstream !== undefined && placeOf(upstream)),
    },
  });
};

const placeOf = ({ kind, profile: { name, url } }: Upstream): Attributes => {
  if (url === null || !URL.canParse(url))
    return { 'switchyard.upstream.name': name, ...(kind === 'stdio' && { 'network.transport': 'pipe' }) };
  if (isConnectorUrl(url)) return { 'switchyard.upstream.name': name, 'server.address': url };
  const { hostname, port, protocol } = new URL(url);
  return {
    'switchyard.upstream.name': name,
    'network.transport': 'tcp',
    'server.address': hostname,
    'server.port': Number(port || (protocol === 'https:' ? 443 : 80)),
  };
};
