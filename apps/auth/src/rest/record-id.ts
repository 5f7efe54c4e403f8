import { ParseUUIDPipe } from '@nestjs/common';
import { fail } from '#libs/errors';

/** The id of a record in a path. Throws `registry.unknown` for what can be none. */
export const RECORD_ID = new ParseUUIDPipe({ exceptionFactory: () => fail('registry.unknown') });
