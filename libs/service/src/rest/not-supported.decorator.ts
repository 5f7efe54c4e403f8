import { isDeepStrictEqual } from 'node:util';
import { Allow, IsEmpty, ValidateIf } from 'class-validator';
import { invalidMembers } from './validation.js';

const REPEATED = Symbol('members that may be repeated');
const OBSERVED = Symbol('members of which what is repeated counts for nothing');
/** Where `@ApiProperty` keeps the names of a class's members, each after a colon. */
const API_MEMBERS = 'swagger/apiModelPropertiesArray';

type Class = new (...values: never[]) => object;

/**
 * Members that clients of other gateways send although this one cannot do what they ask for. Each may say nothing
 * (`null`, empty, or its default, given here); anything else is refused with 422, never accepted and dropped.
 */
export const NotSupported =
  (members: Readonly<Record<string, string | boolean | null>>): ClassDecorator =>
  (target) => {
    const { prototype } = target as unknown as { readonly prototype: object };
    for (const [name, fallback] of Object.entries(members)) {
      const asks = (body: object, value: unknown): boolean =>
        !saysNothing(value) && !isDefault(value, fallback) && !isRepeated(body, name);
      ValidateIf((body: object, value: unknown) => asks(body, value))(prototype, name);
      IsEmpty({ message: 'is not supported by this gateway' })(prototype, name);
    }
  };

interface Repeated {
  readonly views: readonly Class[];
  /** Members that nobody decides: they may have changed since they were read, so what is sent of them counts for nothing. */
  readonly observed: readonly string[];
}

/**
 * A body that may hold all that the views show, so that what was read can be changed and sent back whole. The route must
 * call `assertRepeats`: a member that it cannot change has to be as it is.
 */
export const MayRepeat =
  ({ views, observed }: Repeated): ClassDecorator =>
  (target) => {
    const { prototype } = target as unknown as { readonly prototype: object };
    const names = new Set(views.flatMap(membersOf));
    Reflect.defineMetadata(REPEATED, names, prototype);
    Reflect.defineMetadata(OBSERVED, new Set(observed), prototype);
    for (const name of names) Allow()(prototype, name);
  };

/**
 * `view`: what the body may repeat, as it is now. Throws `http.invalid` with the names of members that the body cannot
 * change and that differ; null and an empty text ask for nothing. `fixed`: members that the body may change of other things.
 */
export const assertRepeats = (body: object, view: object, fixed: readonly string[] = []): void => {
  const changeable = new Set(membersOf(body.constructor as Class).filter((name) => !fixed.includes(name)));
  const observed = Reflect.getMetadata(OBSERVED, body) as ReadonlySet<string>;
  const now = JSON.parse(JSON.stringify(view)) as Record<string, unknown>;
  const repeated = new Set([...(Reflect.getMetadata(REPEATED, body) as ReadonlySet<string>), ...fixed]);
  const differing = [...repeated].filter((name) => {
    const value = (body as Record<string, unknown>)[name];
    const asks = value !== undefined && value !== null && value !== '';
    return asks && !changeable.has(name) && !observed.has(name) && !isDeepStrictEqual(value, now[name]);
  });
  if (differing.length > 0)
    throw invalidMembers(differing.map((field) => ({ field, message: 'cannot be changed by this request' })));
};

const membersOf = (view: Class): string[] => {
  const members = Reflect.getMetadata(API_MEMBERS, view.prototype) as readonly string[] | undefined;
  return (members ?? []).map((name) => name.slice(1));
};

const isRepeated = (body: object, name: string): boolean =>
  (Reflect.getMetadata(REPEATED, body) as ReadonlySet<string> | undefined)?.has(name) ?? false;

const saysNothing = (value: unknown): boolean =>
  value === null ||
  value === undefined ||
  value === '' ||
  (typeof value === 'object' && Object.values(value).every(saysNothing));

/** In a query every value is text. */
const isDefault = (value: unknown, fallback: string | boolean | null): boolean =>
  fallback !== null && (value === fallback || value === String(fallback));
