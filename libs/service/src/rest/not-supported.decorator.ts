import { Allow, IsEmpty, ValidateIf } from 'class-validator';

const REPEATED = Symbol('members that may be repeated');
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

/**
 * A body that may hold all that the view shows, so that what was read can be changed and sent back whole. Members of the
 * view that the body does not declare change nothing.
 */
export const MayRepeat =
  (...views: readonly Class[]): ClassDecorator =>
  (target) => {
    const { prototype } = target as unknown as { readonly prototype: object };
    const names = new Set(views.flatMap(membersOf));
    Reflect.defineMetadata(REPEATED, names, prototype);
    for (const name of names) Allow()(prototype, name);
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
