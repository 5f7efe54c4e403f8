import { type INestApplication, Module, VERSION_NEUTRAL, VersioningType } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { parseConfig } from '#libs/config';
import { VERSION } from '../build-info.js';
import { GREETING } from '../http/describe-gateway.js';
import { type Platform, platformModules } from '../platform.module.js';
import type { AnyServicePart } from '../service-part.js';

/** Every REST route is served under `/v1`, and without it for older clients. */
export const versionRoutes = (application: INestApplication): void =>
  void application.enableVersioning({ type: VersioningType.URI, defaultVersion: ['1', VERSION_NEUTRAL] });

/** What is open to everybody: what the gateway is, at `/`; OpenAPI: the page at `/docs` (and for ContextForge's clients `/redoc`), the document at `/docs-json`, unless they are switched off. Built when first asked for. */
export const mountApiPage = (application: NestFastifyApplication, hasPage: boolean): void => {
  const fastify = application.getHttpAdapter().getInstance();
  fastify.get('/', (_request, reply) => reply.send(GREETING));
  if (!hasPage) return;
  SwaggerModule.setup('docs', application, () => documentOf(application));
  fastify.get('/redoc', (_request, reply) => reply.redirect('/docs'));
};

/**
 * The OpenAPI document of the services' REST routes. Nothing is started for it: Nest's preview mode makes no instance of
 * a controller or provider. https://spec.openapis.org/oas/v3.0.3
 */
export const apiDocument = async (parts: readonly AnyServicePart[]): Promise<OpenAPIObject> => {
  const modules = parts.map((part) => part.module(parseConfig(part.options, {})));
  const shared = platformModules(nothingOpen(parts), parts, (options) => parseConfig(options, {}));
  const application = await NestFactory.create<NestFastifyApplication>(
    { module: DocumentedModule, imports: [...shared, ...modules] },
    new FastifyAdapter(),
    { logger: false, preview: true, abortOnError: false },
  );
  versionRoutes(application);
  return documentOf(application);
};

/** Asked for by name, and never used. */
const nothingOpen = (parts: readonly AnyServicePart[]): Platform => {
  const schemas = parts.flatMap(({ needs }) => needs.database ?? []);
  return {
    databases: new Map(schemas.map(({ schema }) => [schema, null])),
    settings: new Map(),
  } as unknown as Platform;
};

@Module({})
class DocumentedModule {}

const documentOf = (application: INestApplication): OpenAPIObject => {
  const outline = new DocumentBuilder()
    .setTitle('Switchyard')
    .setDescription('The management API. Every path is served under /v1 and, for older clients, without it.')
    .setVersion(VERSION)
    .addBearerAuth()
    .addSecurityRequirements('bearer')
    .build();
  const document = SwaggerModule.createDocument(application, outline);
  const paths = Object.entries(document.paths).filter(([path]) => !(`/v1${path}` in document.paths));
  return withPlainIds({ ...document, paths: Object.fromEntries(paths) });
};

/** `ToolController_read[1]_v1` → `Tool_read`; a second route of the same method is `Tool_read_2`. */
const withPlainIds = (document: OpenAPIObject): OpenAPIObject => {
  const seen = new Map<string, number>();
  for (const item of Object.values(document.paths)) {
    for (const operation of [item.get, item.put, item.post, item.delete, item.patch]) {
      if (operation?.operationId === undefined) continue;
      const id = operation.operationId.replace('Controller_', '_').replace(/(\[\d+\])?(_v1)?$/, '');
      const count = (seen.get(id) ?? 0) + 1;
      seen.set(id, count);
      operation.operationId = count === 1 ? id : `${id}_${count}`;
    }
  }
  return document;
};
