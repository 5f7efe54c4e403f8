import { type ArgumentsHost, Catch, type ExceptionFilter, Inject } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { GatewayError, fail } from '#libs/errors';
import { retryHeaders } from '#libs/identity';
import { databaseFailure } from '#libs/storage';
import { LOGGER, type Logger } from '#libs/telemetry';
import { ScimError } from './scim-error.js';

export const SCIM_MEDIA_TYPE = 'application/scim+json; charset=utf-8';
const ERROR = 'urn:ietf:params:scim:api:messages:2.0:Error';

/** Says what went wrong as provisioning clients read it. https://www.rfc-editor.org/rfc/rfc7644#section-3.12 */
@Catch()
export class ScimErrorFilter implements ExceptionFilter {
  constructor(@Inject(LOGGER) private readonly logger: Logger) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const failure = thrown instanceof ScimError ? null : this.named(thrown);
    const status = failure?.httpStatus ?? (thrown as ScimError).status;
    const scimType = thrown instanceof ScimError ? thrown.scimType : undefined;
    if (failure !== null && (status === 503 || status === 429)) void reply.headers(retryHeaders(failure));
    void reply
      .status(status)
      .type(SCIM_MEDIA_TYPE)
      .send({
        schemas: [ERROR],
        status: String(status),
        ...(scimType !== undefined && { scimType }),
        detail: failure?.message ?? (thrown as Error).message,
      });
  }

  private named(thrown: unknown): GatewayError {
    const failure = thrown instanceof GatewayError ? thrown : (databaseFailure(thrown) ?? fail('platform.internal'));
    if (failure.httpStatus >= 500) this.logger.error({ err: thrown }, 'a request of SCIM failed');
    return failure;
  }
}
