import fs from 'node:fs';
import { Global, Inject, Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { LOGGER, createLogger } from '#libs/telemetry';
import { temporaryFolder } from '#libs/testing';
import { Note, noteMigrations } from '../../test/note.entity.js';
import { InjectDatabase, InjectPostgres, POSTGRES, provideDatabase } from './database.provider.js';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded/embedded-postgres.js';
import type { PostgresLocation } from './location.js';

const logger = createLogger({ service: 'test', level: 'silent' });
const folder = temporaryFolder('provider');
let server: EmbeddedPostgres;

beforeAll(async () => {
  server = await startEmbeddedPostgres({ dataDir: folder, logger });
});
afterAll(async () => {
  await server.stop();
  fs.rmSync(folder, { recursive: true });
});

it('provideDatabase opens the database with the module and closes it with the application', async () => {
  @Injectable()
  class Notes {
    constructor(
      @InjectDatabase('notes') readonly database: DataSource,
      @InjectPostgres() readonly postgres: PostgresLocation,
      @Inject(LOGGER) readonly log: unknown,
    ) {}
  }
  @Global()
  @Module({
    providers: [
      { provide: POSTGRES, useValue: server.location },
      { provide: LOGGER, useValue: logger },
    ],
    exports: [POSTGRES, LOGGER],
  })
  class Platform {}
  @Module({
    imports: [Platform],
    providers: [...provideDatabase({ schema: 'notes', entities: [Note], migrations: noteMigrations }), Notes],
  })
  class NotesModule {}

  const app = await NestFactory.createApplicationContext(NotesModule, { logger: false });
  const { database, postgres } = app.get(Notes);
  expect(postgres).toBe(server.location);
  expect(await database.getRepository(Note).count()).toBe(1);
  await app.close();
  expect(database.isInitialized).toBe(false);
});
