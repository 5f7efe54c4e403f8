import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { FastifyBodyParser, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { GatewayError, fail } from '#libs/errors';
import { checkDepth } from '#libs/mcp';
import { openAct } from '#libs/storage';
import {
  CORRELATION_HEADER,
  enterTraceparent,
  givenCorrelationId,
  noteFacts,
  runInTrace,
  traceIdOf,
} from '#libs/telemetry';
import { ROUTE } from '../http/front-server.js';
import { traceResponse } from '../http/http-span.js';
import type { RequestPlaces } from '../http/raw-http.js';
import type { KnowsCaller } from '../http/slow-clients.js';
import type { PlatformConfig } from '../platform.config.js';
import { toCamelCase } from './camel-case.js';

export const BODY_BYTES_MAX = 1_048_576;
const DEPTH_MAX = 64;
const QUERY_MEMBERS_MAX = 100;
/** Stands for a body that is no JSON, which is refused when it is known who sent it. */
export const OF_ANOTHER_TYPE = Symbol('a body of another media type');
const JSON_SUFFIX = /^application\/[\w.-]+\+json/;

const SECURITY_HEADERS = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
};
const API_POLICY = "default-src 'none'; frame-ancestors 'none'";
/** The API page brings its own scripts and inline styles. */
const PAGE_POLICY =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'";

/** How requests are let in. */
export interface Intake {
  readonly places: RequestPlaces;
  readonly knows: KnowsCaller;
}

/** Nobody has to be known to send as much: log-ins are small. */
const STRANGERS_BYTES_MAX = 16 * 1024;
const STRANGERS_BODY = {
  message: `Without a valid token a body has a Content-Length of ${STRANGERS_BYTES_MAX} at most`,
};

/** What holds for every REST request, whichever service answers it. */
export const installRestHooks = (fastify: FastifyInstance, config: PlatformConfig, { places, knows }: Intake): void => {
  fastify.removeContentTypeParser(['application/json', 'text/plain']);
  const parse = fastify.getDefaultJsonParser('error', 'error');
  const parseJson: FastifyBodyParser<string> = (request, text, done) => {
    try {
      if (text === '') return done(null, undefined);
      checkDepth(text, DEPTH_MAX);
      // Refuses `__proto__` and `constructor.prototype` as member names.
      void parse(request, text, (error: Error | null, body?: unknown) => {
        if (error !== null) done(unreadable(error), undefined);
        else if (text.includes(ESCAPED_NUL) && holdsNul(body)) done(fail('http.invalid', NUL), undefined);
        else done(null, body);
      });
    } catch (error) {
      done(unreadable(error), undefined);
    }
  };
  for (const type of ['application/json', JSON_SUFFIX]) {
    fastify.addContentTypeParser(type, { parseAs: 'string', bodyLimit: BODY_BYTES_MAX }, parseJson);
  }
  fastify.addContentTypeParser('*', (_request, payload, done) => {
    payload.resume();
    done(null, OF_ANOTHER_TYPE);
  });

  fastify.addHook('onRequest', (request, reply, done) => {
    (reply.raw as { [ROUTE]?: string })[ROUTE] = request.routeOptions.url ?? 'unknown';
    if (config.SECURITY_HEADERS_ENABLED) secure(request, reply);
    if (holdsNulInQuery(request.raw.url ?? '')) {
      done(fail('http.invalid', NUL));
      return;
    }
    if (countMembers(request.raw.url ?? '') > QUERY_MEMBERS_MAX) {
      done(fail('http.invalid', { message: `The query has more than ${QUERY_MEMBERS_MAX} members` }));
      return;
    }
    enterTrace(request, reply, config.CORRELATION_ID_ENABLED, done);
  });

  fastify.addHook('preParsing', (request, _reply, _payload, done) => {
    if (isSmall(request.raw)) return done();
    const refused = (known: boolean): void => done(known ? null : fail('http.body_too_large', STRANGERS_BODY));
    const knowing = knows(request.raw);
    if (typeof knowing === 'boolean') refused(knowing);
    else void knowing.then(refused);
  });

  fastify.addHook('preValidation', (request, reply, done) => {
    try {
      places.takePlace(reply.raw);
      if (request.body !== OF_ANOTHER_TYPE) request.body = toCamelCase(request.body);
      request.query = toCamelCase(request.query);
      done();
    } catch (error) {
      done(error as Error);
    }
  });
};

/** What no database keeps in a text. */
const NUL = { message: 'U+0000 is not accepted' };
const ESCAPED_NUL = String.raw`\u0000`;

/** In a path it is a name that nothing has, and answered like any other. */
const holdsNulInQuery = (url: string): boolean => {
  const query = url.indexOf('?');
  return query >= 0 && url.includes('%00', query);
};

const holdsNul = (value: unknown): boolean => {
  if (typeof value === 'string') return value.includes('\0');
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([name, member]) => name.includes('\0') || holdsNul(member));
};

const isSmall = ({ headers }: IncomingMessage): boolean => {
  const length = headers['content-length'];
  return length === undefined ? headers['transfer-encoding'] === undefined : Number(length) <= STRANGERS_BYTES_MAX;
};
/** As for any other body that is not what a route reads. */
const unreadable = (error: unknown): GatewayError =>
  fail('http.invalid', { message: error instanceof GatewayError ? error.message : 'The body is not valid JSON' });

const secure = (request: FastifyRequest, reply: FastifyReply): void => {
  const isPage = request.url.startsWith('/docs') || request.url.startsWith('/admin');
  void reply.headers(SECURITY_HEADERS).header('content-security-policy', isPage ? PAGE_POLICY : API_POLICY);
};

const enterTrace = (request: FastifyRequest, reply: FastifyReply, echoes: boolean, proceed: () => void): void => {
  const correlationId = givenCorrelationId(request.headers['x-correlation-id']) ?? randomUUID();
  if (echoes) void reply.header(CORRELATION_HEADER, correlationId);
  const { traceparent: sent } = request.headers;
  const parent = typeof sent === 'string' ? sent : undefined;
  const traceparent = enterTraceparent(parent);
  traceResponse(reply.raw, { traceparent, parent });
  const trace = { correlationId, traceparent, traceId: traceIdOf(traceparent) ?? '' };
  noteFacts(request.raw, { correlationId, traceId: trace.traceId });
  runInTrace(trace, () => openAct(proceed));
};

const countMembers = (url: string): number => {
  let count = 0;
  for (let at = url.indexOf('?'); at >= 0; at = url.indexOf('&', at + 1)) count++;
  return count;
};
