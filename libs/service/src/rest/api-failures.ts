import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiProperty, ApiPropertyOptional, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { type FailureCode, catalogue } from '#libs/errors';
import type { RestFailure } from '../http/refuse.js';

/** The body of every REST failure, for OpenAPI. */
export class FailureView implements RestFailure {
  @ApiProperty({ type: String, description: 'What went wrong, in words.' })
  detail!: string;

  @ApiProperty({ type: String, description: 'The name of the failure; docs/reference/errors.md lists them.' })
  code!: FailureCode;

  @ApiPropertyOptional({
    type: 'array',
    description: 'Each problem with the request, by field.',
    items: { type: 'object', properties: { field: { type: 'string' }, message: { type: 'string' } } },
  })
  errors?: readonly unknown[];
}

/** What any route that asks for a token may answer, whatever it does. */
const ANY_ROUTE: readonly FailureCode[] = [
  'auth.credential_missing',
  'auth.credential_invalid',
  'auth.grant_missing',
  'http.rate_limited',
  'auth.unavailable',
  'auth.issuer_unavailable',
  'platform.not_ready',
];

/** Documents the failures of a route that asks for a token: those named, and those that every such route has. */
export const ApiFailures = (...codes: readonly FailureCode[]): MethodDecorator => documented([...codes, ...ANY_ROUTE]);

/** Documents the failures of a route that is open to everybody. */
export const ApiOpenFailures = (...codes: readonly FailureCode[]): MethodDecorator =>
  documented([...codes, 'platform.not_ready']);

const documented = (codes: readonly FailureCode[]): MethodDecorator => {
  const byStatus = Map.groupBy(new Set(codes), (code) => catalogue[code].http);
  const responses = [...byStatus].map(([status, group]) =>
    ApiResponse({
      status,
      description: group.map((code) => catalogue[code].message).join('. '),
      content: {
        'application/json': {
          schema: { $ref: getSchemaPath(FailureView) },
          examples: Object.fromEntries(
            group.map((code) => [code, { value: { detail: catalogue[code].message, code } }]),
          ),
        },
      },
    }),
  );
  return applyDecorators(ApiExtraModels(FailureView), ...responses);
};
