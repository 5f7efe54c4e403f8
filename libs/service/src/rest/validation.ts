import { type ArgumentMetadata, ValidationPipe, type ValidationError } from '@nestjs/common';
import { fail, type GatewayError } from '#libs/errors';

const ERRORS_MAX = 50;
const NAME_CHARS_MAX = 128;
const UNKNOWN = 'is not known here';

interface FieldProblem {
  readonly field: string;
  readonly message: string;
}

/**
 * What the library lets pass and the services do not expect: `null` for a member that is not declared `nullable`, since
 * what may be left out is not checked when it is null; and a list in the place of an object.
 */
class StrictValidationPipe extends ValidationPipe {
  override transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    const type = classOf(metadata.metatype);
    const problems = type === null || metadata.type !== 'body' ? [] : misfits(value ?? {}, type, '');
    if (problems.length > 0) return Promise.reject(invalidMembers(problems));
    return super.transform(value, metadata) as Promise<unknown>;
  }
}

/** Checks REST bodies and queries against their classes, and refuses by name what no class declares. */
export const validationPipe = (): ValidationPipe =>
  new StrictValidationPipe({
    whitelist: true,
    forbidNonWhitelisted: true,
    transform: true,
    forbidUnknownValues: false,
    stopAtFirstError: false,
    validationError: { target: false, value: false },
    exceptionFactory: (errors) => invalidMembers(problemsOf(errors)),
  });

const bodies = validationPipe();

/**
 * A body that stands inside another, checked as the body of a route of its own would be. Throws `http.invalid` with the
 * members that are wrong; no value is told.
 */
export const checkedBody = <Body extends object>(body: object, metatype: new () => Body): Promise<Body> =>
  bodies.transform(body, { type: 'body', metatype }) as Promise<Body>;

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

/** What `@ApiProperty` has kept of a member. */
interface Declaration {
  readonly nullable?: boolean;
  readonly isArray?: boolean;
  /** A class, a function that answers one, or the name of a type. */
  readonly type?: unknown;
}

const DECLARATION = 'swagger/apiModelProperties';

type Class = new (...values: never[]) => object;

const misfits = (value: unknown, { prototype }: Class, path: string): FieldProblem[] => {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return [{ field: path || 'body', message: 'must be an object' }];
  return Object.entries(value).flatMap(([name, member]: [string, unknown]) => {
    const declared = Reflect.getMetadata(DECLARATION, prototype, name) as Declaration | undefined;
    if (declared === undefined) return [];
    const field = path === '' ? name : `${path}.${name}`;
    if (member === null) return declared.nullable === true ? [] : [{ field, message: 'must not be null' }];
    const type = classOf(declared.type);
    if (type === null) return [];
    if (declared.isArray !== true) return misfits(member, type, field);
    // That it is a list at all, its class says.
    return Array.isArray(member)
      ? member.flatMap((item: unknown, index) => misfits(item, type, `${field}.${index}`))
      : [];
  });
};

const PLAIN: ReadonlySet<unknown> = new Set([String, Number, Boolean, Object, Date, Array]);

/** The class of a member that is an object; null for all others. */
const classOf = (type: unknown): Class | null => {
  if (typeof type !== 'function' || PLAIN.has(type)) return null;
  // A function without a prototype is an arrow that answers the class.
  return type.prototype === undefined ? classOf((type as () => unknown)()) : (type as Class);
};
