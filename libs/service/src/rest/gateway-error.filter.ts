import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { fail, type FailureCode, GatewayError } from '#libs/errors';
import { retryHeaders } from '#libs/identity';
import { databaseFailure } from '#libs/storage';
import { LineBudget, type Logger, factsOf } from '#libs/telemetry';
import type { RestFailure } from '../http/refuse.js';

const CODE_OF_STATUS: Readonly<Record<number, FailureCode>> = {
  400: 'mcp.malformed_json',
  401: 'auth.credential_missing',
  403: 'auth.grant_missing',
  404: 'http.not_found',
  405: 'http.method_not_allowed',
  408: 'http.request_timeout',
  409: 'http.conflict',
  413: 'http.body_too_large',
  414: 'http.path_too_long',
  415: 'http.media_type_unsupported',
  422: 'http.invalid',
  503: 'http.overloaded',
};

/** Who is let in, and how often. */
const REFUSALS = new Set([401, 403, 429]);
const REFUSAL_LINES_PER_MINUTE = 100;

/** The one place where a failure becomes a REST answer: `{detail, code, errors?}`. */
@Catch()
export class GatewayErrorFilter implements ExceptionFilter {
  private readonly refusals = new LineBudget(REFUSAL_LINES_PER_MINUTE);

  constructor(private readonly logger: Logger) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const reply = http.getResponse<FastifyReply>();
    const request = http.getRequest<FastifyRequest>();
    if (hasLeft(request)) return void reply.raw.destroy();
    const error = this.name(thrown, request);
    if (REFUSALS.has(error.httpStatus)) this.tellRefusal(error, request);
    if (reply.sent || reply.raw.headersSent) {
      reply.raw.destroy();
      return;
    }
    if (error.httpStatus === 503 || error.httpStatus === 429) void reply.headers(retryHeaders(error));
    void reply.status(error.httpStatus).type('application/json; charset=utf-8').send(restFailure(error));
  }

  private name(thrown: unknown, request: FastifyRequest): GatewayError {
    if (thrown instanceof GatewayError) {
      if (thrown.httpStatus >= 500 && thrown.cause !== undefined) this.log(thrown, request);
      return thrown;
    }
    const named = databaseFailure(thrown) ?? namedFailure(thrown);
    if (named !== null && named.httpStatus < 500) return named;
    this.log(thrown, request);
    return named ?? fail('platform.internal', { cause: thrown });
  }

  private tellRefusal({ code }: GatewayError, { raw, method, routeOptions }: FastifyRequest): void {
    const untold = this.refusals.take();
    if (untold === null) return;
    this.logger.info(
      { ...factsOf(raw), method, route: routeOptions.url, code, ...(untold > 0 && { untold }) },
      'a REST request was refused',
    );
  }

  private log(thrown: unknown, request: FastifyRequest): void {
    this.logger.error(
      { err: thrown, method: request.method, route: request.routeOptions.url },
      'a REST request failed',
    );
  }
}

/** The client went away before its body was there. That is no failure of ours, whatever the framework makes of it. */
const hasLeft = ({ raw }: FastifyRequest): boolean => raw.destroyed && !raw.complete;

export const restFailure = (error: GatewayError): RestFailure => {
  const { errors, ...data } = error.data ?? {};
  return { detail: error.message, code: error.code, ...(Array.isArray(errors) && { errors }), ...data };
};

/** The catalogue's name for what Nest or Fastify refused; null for what is not theirs. */
export const namedFailure = (thrown: unknown): GatewayError | null => {
  const status = statusOf(thrown);
  if (status === undefined) return null;
  const code = CODE_OF_STATUS[status] ?? (status >= 400 && status < 500 ? 'http.malformed' : undefined);
  return code === undefined ? null : fail(code, detailOf(thrown, status));
};

/** Nest and Fastify both carry the HTTP status that they mean. */
const statusOf = (thrown: unknown): number | undefined => {
  if (thrown instanceof HttpException) return thrown.getStatus();
  const status = (thrown as { statusCode?: unknown } | null)?.statusCode;
  return typeof status === 'number' ? status : undefined;
};

/** The frameworks' messages are kept only where they name nothing of the inside: those that our own code gave. */
const detailOf = (thrown: unknown, status: number): { message?: string } => {
  if (!(thrown instanceof HttpException) || status === 400 || status === 404) return {};
  return thrown.message === '' ? {} : { message: thrown.message };
};
