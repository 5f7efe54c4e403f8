import { Inject, type OnApplicationShutdown, type Provider } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { LOGGER, type Logger } from '#libs/telemetry';
import { type DatabaseOptions, openDatabase } from './database.js';
import type { PostgresLocation } from './location.js';

/** Where this process finds PostgreSQL; provided once, by the platform. */
export const POSTGRES = Symbol('POSTGRES');
export const InjectPostgres = (): ParameterDecorator & PropertyDecorator => Inject(POSTGRES);

const tokenOf = (schema: string): symbol => Symbol.for(`switchyard.database.${schema}`);

/** The `DataSource` of a schema that `provideDatabase` opens. */
export const InjectDatabase = (schema: string): ParameterDecorator & PropertyDecorator => Inject(tokenOf(schema));
/** The injection token of the `DataSource` of a schema. */
export const databaseToken = tokenOf;

/** Opens the schema's database with the module and closes it when the application has shut down. */
export const provideDatabase = (options: Pick<DatabaseOptions, 'schema' | 'entities' | 'migrations'>): Provider[] => [
  {
    provide: tokenOf(options.schema),
    inject: [POSTGRES, LOGGER],
    useFactory: (location: PostgresLocation, logger: Logger): Promise<DataSource> =>
      openDatabase({ ...options, location, logger }),
  },
  {
    provide: Symbol(`close ${options.schema}`),
    inject: [tokenOf(options.schema)],
    useFactory: (database: DataSource): OnApplicationShutdown => ({
      onApplicationShutdown: () => database.destroy(),
    }),
  },
];
