import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { VERSION } from '../build-info.js';

/** OpenAPI: the page at `/docs`, the document at `/docs-json`. Built when first asked for. */
export const mountApiPage = (application: NestFastifyApplication): void => {
  const outline = new DocumentBuilder()
    .setTitle('Switchyard')
    .setDescription('The management API. Every path is served under /v1 and, for older clients, without it.')
    .setVersion(VERSION)
    .addBearerAuth()
    .addSecurityRequirements('bearer')
    .build();
  SwaggerModule.setup('docs', application, () => SwaggerModule.createDocument(application, outline));
};
