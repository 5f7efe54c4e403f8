import { Module, type DynamicModule, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { type Bus, BusServer } from '#libs/bus';
import { fail } from '#libs/errors';
import {
  CLIENT_ADDRESS,
  CallerAdmission,
  type ClientAddress,
  type CredentialCarrier,
  checkConditions,
  holds,
  readCredential,
  readManagementCredential,
} from '#libs/identity';
import { databaseFailure } from '#libs/storage';
import { type Logger, NestLogger } from '#libs/telemetry';
import { compressAnswers } from '../compression/compress-rest.js';
import type { Compressor } from '../compression/compressor.js';
import type { FrontServer, RequestListener } from '../http/front-server.js';
import { METRICS_PERMISSION } from '../http/operations-face.js';
import type { RawHttp } from '../http/raw-http.js';
import type { PlatformConfig } from '../platform.config.js';
import { mountApiPage, versionRoutes } from './api-page.js';
import { GatewayErrorFilter, namedFailure, restFailure } from './gateway-error.filter.js';
import { BODY_BYTES_MAX, installRestHooks } from './rest-hooks.js';
import { UndeclaredInputInterceptor } from './undeclared-input.interceptor.js';
import { validationPipe } from './validation.js';

@Module({})
class ProcessModule {}

export interface RestApplicationSettings {
  readonly imports: readonly DynamicModule[];
  readonly front: FrontServer;
  readonly raw: RawHttp;
  readonly compressor: Compressor;
  readonly bus: Bus;
  readonly config: PlatformConfig;
  readonly logger: Logger;
}

/** The Nest application of this process: REST controllers on our server, bus controllers on our bus. */
export const openRestApplication = async (settings: RestApplicationSettings): Promise<INestApplicationContext> => {
  const { front, raw, bus, config, logger } = settings;
  let fastifyListener: RequestListener | undefined;
  const adapter = new FastifyAdapter({
    bodyLimit: BODY_BYTES_MAX,
    exposeHeadRoutes: true,
    return503OnClosing: false,
    // The router refuses malformed paths before any hook or filter is at hand.
    frameworkErrors: (error: FastifyError, _request: FastifyRequest, reply: FastifyReply) => {
      const failure =
        error.code === 'FST_ERR_BAD_URL'
          ? fail('http.malformed', { message: 'The path is not valid' })
          : (namedFailure(error) ?? fail('platform.internal'));
      void reply.status(failure.httpStatus).send(restFailure(failure));
    },
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 512 },
    serverFactory: (listener: RequestListener) => {
      fastifyListener = listener;
      return front.server;
    },
  });
  const application = await NestFactory.create<NestFastifyApplication>(
    { module: ProcessModule, imports: [...settings.imports] },
    adapter,
    { logger: new NestLogger(logger), abortOnError: false, bodyParser: false },
  );
  const callers = application.get(CallerAdmission, { strict: false });
  const knows = (request: CredentialCarrier): boolean | Promise<boolean> => callers.knows(request);
  installRestHooks(adapter.getInstance(), config, {
    places: raw,
    knows: (request) => callers.knows(request, readManagementCredential),
  });
  compressAnswers(adapter.getInstance(), settings.compressor);
  versionRoutes(application);
  application.useGlobalFilters(new GatewayErrorFilter(logger));
  application.useGlobalInterceptors(new UndeclaredInputInterceptor());
  application.useGlobalPipes(validationPipe());
  mountApiPage(application, config.API_DOCS_ENABLED);
  application.connectMicroservice({ strategy: new BusServer(bus, databaseFailure) });

  await application.startAllMicroservices();
  await application.init();
  await adapter.getInstance().ready();
  if (fastifyListener === undefined) throw new Error('Fastify has not asked for its server');
  front.serve(fastifyListener, knows, metricsReaders(callers, application.get(CLIENT_ADDRESS, { strict: false })));
  return application;
};

const metricsReaders =
  (callers: CallerAdmission, addressOf: ClientAddress) =>
  async (request: CredentialCarrier): Promise<void> => {
    const principal = await callers.admit(readCredential(request), request);
    checkConditions(principal, request, addressOf);
    if (principal.kind === 'anonymous') throw fail('auth.credential_missing');
    if (!holds(principal, METRICS_PERMISSION)) throw fail('auth.grant_missing');
  };
