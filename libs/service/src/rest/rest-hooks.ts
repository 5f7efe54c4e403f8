import { randomUUID } from 'node:crypto';
import type { FastifyBodyParser, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { fail } from '#libs/errors';
import { checkDepth } from '#libs/mcp';
import { childTraceparent, runInTrace, traceIdOf } from '#libs/telemetry';
import { ROUTE } from '../http/front-server.js';
import type { PlatformConfig } from '../platform.config.js';
import { toCamelCase } from './camel-case.js';

export const BODY_BYTES_MAX = 1_048_576;
const DEPTH_MAX = 64;
const QUERY_MEMBERS_MAX = 100;
const JSON_SUFFIX = /^application\/[\w.-]+\+json/;
const CORRELATION_ID = /^[\w.:@/+=-]{1,128}$/;

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

/** What holds for every REST request, whichever service answers it. */
export const installRestHooks = (fastify: FastifyInstance, config: PlatformConfig): void => {
  fastify.removeContentTypeParser('application/json');
  const parse = fastify.getDefaultJsonParser('error', 'error');
  const parseJson: FastifyBodyParser<string> = (request, text, done) => {
    try {
      if (text === '') return done(null, undefined);
      checkDepth(text, DEPTH_MAX);
      // Refuses `__proto__` and `constructor.prototype` as member names.
      void parse(request, text, done);
    } catch (error) {
      done(error as Error, undefined);
    }
  };
  for (const type of ['application/json', JSON_SUFFIX]) {
    fastify.addContentTypeParser(type, { parseAs: 'string', bodyLimit: BODY_BYTES_MAX }, parseJson);
  }

  fastify.addHook('onRequest', (request, reply, done) => {
    (reply.raw as { [ROUTE]?: string })[ROUTE] = request.routeOptions.url ?? 'unknown';
    if (config.SECURITY_HEADERS_ENABLED) secure(request, reply);
    if (countMembers(request.raw.url ?? '') > QUERY_MEMBERS_MAX) {
      done(fail('http.invalid', { message: `The query has more than ${QUERY_MEMBERS_MAX} members` }));
      return;
    }
    enterTrace(request, reply, config.CORRELATION_ID_ENABLED, done);
  });

  fastify.addHook('preValidation', (request, _reply, done) => {
    try {
      request.body = toCamelCase(request.body);
      request.query = toCamelCase(request.query);
      done();
    } catch (error) {
      done(error as Error);
    }
  });
};

const secure = (request: FastifyRequest, reply: FastifyReply): void => {
  const isPage = request.url.startsWith('/docs') || request.url.startsWith('/admin');
  void reply.headers(SECURITY_HEADERS).header('content-security-policy', isPage ? PAGE_POLICY : API_POLICY);
};

const enterTrace = (request: FastifyRequest, reply: FastifyReply, echoes: boolean, proceed: () => void): void => {
  const given = request.headers['x-correlation-id'];
  const correlationId = typeof given === 'string' && CORRELATION_ID.test(given) ? given : randomUUID();
  if (echoes) void reply.header('x-correlation-id', correlationId);
  const parent = request.headers.traceparent;
  const traceparent = childTraceparent(typeof parent === 'string' ? parent : undefined);
  runInTrace({ correlationId, traceparent, traceId: traceIdOf(traceparent) ?? '' }, proceed);
};

const countMembers = (url: string): number => {
  let count = 0;
  for (let at = url.indexOf('?'); at >= 0; at = url.indexOf('&', at + 1)) count++;
  return count;
};
