import { ValidationPipe, type ValidationError } from '@nestjs/common';
import { fail, type GatewayError } from '#libs/errors';

const ERRORS_MAX = 50;
const NAME_CHARS_MAX = 128;
const UNKNOWN = 'is not known here';

interface FieldProblem {
  readonly field: string;
  readonly message: string;
}

/** Checks REST bodies and queries against their classes, and refuses by name what no class declares. */
export const validationPipe = (): ValidationPipe =>
  new ValidationPipe({
    whitelist: true,
    forbidNonWhitelisted: true,
    transform: true,
    forbidUnknownValues: false,
    stopAtFirstError: false,
    validationError: { target: false, value: false },
    exceptionFactory: (errors) => invalidMembers(problemsOf(errors)),
  });

/** The refusal of members that a route does not read. */
export const unknownMembers = (names: readonly string[]): GatewayError =>
  invalidMembers(names.map((field) => ({ field: field.slice(0, NAME_CHARS_MAX), message: UNKNOWN })));

/** The refusal of members of a request, each with the reason. */
export const invalidMembers = (problems: readonly FieldProblem[]): GatewayError =>
  fail('http.invalid', {
    message: `The request is not valid: ${problems
      .slice(0, 3)
      .map(({ field, message }) => `${field}: ${message}`)
      .join('; ')}`,
    data: { errors: problems.slice(0, ERRORS_MAX) },
  });

const problemsOf = (errors: readonly ValidationError[], above = ''): FieldProblem[] =>
  errors.flatMap((error) => {
    const field = above === '' ? error.property : `${above}.${error.property}`;
    const own = Object.entries(error.constraints ?? {}).map(([constraint, message]) =>
      constraint === 'whitelistValidation'
        ? { field: field.slice(0, NAME_CHARS_MAX), message: UNKNOWN }
        : { field, message },
    );
    return [...own, ...problemsOf(error.children ?? [], field)];
  });
