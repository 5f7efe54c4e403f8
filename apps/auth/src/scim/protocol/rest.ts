import { applyDecorators } from '@nestjs/common';
import { ApiQuery } from '@nestjs/swagger';

/** What a client sends, which is read by hand: SCIM has its own rules for what is unknown. */
export type Sent = Readonly<Record<string, string>>;

export const ApiScimQuery = (): MethodDecorator =>
  applyDecorators(
    ...['filter', 'startIndex', 'count', 'attributes', 'excludedAttributes'].map((name) =>
      ApiQuery({ name, type: String, required: false }),
    ),
  );
