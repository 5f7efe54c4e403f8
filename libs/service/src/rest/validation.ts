import { ValidationPipe, type ValidationError } from '@nestjs/common';
import { fail, type GatewayError } from '#libs/errors';

const ERRORS_MAX = 50;

interface FieldProblem {
  readonly field: string;
  readonly message: string;
}

/** Checks REST bodies and queries against their classes; what no class declares is dropped. */
export const validationPipe = (): ValidationPipe =>
  new ValidationPipe({
    whitelist: true,
    transform: true,
    forbidUnknownValues: false,
    stopAtFirstError: false,
    validationError: { target: false, value: false },
    exceptionFactory: (errors) => invalid(problemsOf(errors)),
  });

const invalid = (problems: readonly FieldProblem[]): GatewayError =>
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
    const own = Object.values(error.constraints ?? {}).map((message) => ({ field, message }));
    return [...own, ...problemsOf(error.children ?? [], field)];
  });
