import { Controller, Get, Module } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { NestFactory } from '@nestjs/core';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { expect, it } from 'vitest';
import { ApiFailures } from './api-failures.js';

it('ApiFailures documents one response per status with an example per code, and those of every guarded route', async () => {
  @Controller('things')
  class ThingController {
    @Get()
    @ApiFailures('registry.unknown', 'upstream.unknown', 'http.invalid')
    read(): string {
      return '';
    }
  }
  @Module({ controllers: [ThingController] })
  class ThingModule {}

  const application = await NestFactory.create(ThingModule, new FastifyAdapter(), { logger: false });
  const document = SwaggerModule.createDocument(application, new DocumentBuilder().build());
  await application.close();

  const responses = JSON.parse(JSON.stringify(document.paths['/things']?.get?.responses));
  expect(Object.keys(responses)).toEqual(expect.arrayContaining(['401', '403', '404', '422', '503']));
  expect(responses['404'].content['application/json']).toEqual({
    schema: { $ref: '#/components/schemas/FailureView' },
    examples: {
      'registry.unknown': { value: { detail: 'Not found', code: 'registry.unknown' } },
      'upstream.unknown': { value: { detail: 'The upstream is not registered', code: 'upstream.unknown' } },
    },
  });
  expect(document.components?.schemas?.FailureView).toMatchObject({ required: ['detail', 'code'] });
});
