import type { IncomingMessage, ServerResponse } from 'node:http';
import { SpanKind } from '@opentelemetry/api';
import { isTraced, spanEnded } from '#libs/telemetry';

/** The place of a REST request in a trace. */
interface HttpTrace {
  readonly traceparent: string;
  readonly parent: string | undefined;
}

const TRACE = Symbol('TRACE');
type TracedResponse = ServerResponse & { [TRACE]?: HttpTrace };

/** Its answer ends a span of this trace. */
export const traceResponse = (response: ServerResponse, trace: HttpTrace): void => {
  (response as TracedResponse)[TRACE] = trace;
};

/** What is known of a request when it has been answered. */
interface Answered {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly method: string;
  readonly route: string;
  readonly status: number;
  readonly startedAtMs: number;
}

/**
 * The span of a request that entered a trace by `traceResponse`. What a client did wrong is no failure of the server.
 * https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-server-span
 */
export const httpSpanEnded = ({ request, response, method, route, status, startedAtMs }: Answered): void => {
  const { [TRACE]: trace } = response as TracedResponse;
  const errorType = status >= 500 ? String(status) : '';
  if (trace === undefined || !isTraced(trace.traceparent, startedAtMs, errorType)) return;
  spanEnded({
    ...trace,
    name: `${method} ${route}`,
    kind: SpanKind.SERVER,
    startedAtMs,
    errorType,
    attributes: {
      'http.request.method': method === 'other' ? '_OTHER' : method,
      'http.route': route,
      'http.response.status_code': status,
      'url.scheme': 'http',
      'network.protocol.version': request.httpVersion,
    },
  });
};
