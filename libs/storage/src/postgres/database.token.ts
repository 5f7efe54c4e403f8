import { Inject } from '@nestjs/common';

/** Where this process finds PostgreSQL; provided once, by the platform. */
export const POSTGRES = Symbol('POSTGRES');

/** The injection token of the `DataSource` of a schema, which the platform opens for the service that needs it. */
export const databaseToken = (schema: string): symbol => Symbol.for(`switchyard.database.${schema}`);
/** Injects that `DataSource`. */
export const InjectDatabase = (schema: string): ParameterDecorator & PropertyDecorator => Inject(databaseToken(schema));
