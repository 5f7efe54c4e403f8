import { IsEmpty, ValidateIf } from 'class-validator';

/**
 * Members that clients of other gateways send although this one cannot do what they ask for. Each may say nothing
 * (`null`, empty, or its default, given here); anything else is refused with 422, never accepted and dropped.
 */
export const NotSupported =
  (members: Readonly<Record<string, string | boolean | null>>): ClassDecorator =>
  (target) => {
    const { prototype } = target as unknown as { readonly prototype: object };
    for (const [name, fallback] of Object.entries(members)) {
      ValidateIf((_body, value: unknown) => !saysNothing(value) && !isDefault(value, fallback))(prototype, name);
      IsEmpty({ message: 'is not supported by this gateway' })(prototype, name);
    }
  };

const saysNothing = (value: unknown): boolean =>
  value === null ||
  value === undefined ||
  value === '' ||
  (typeof value === 'object' && Object.values(value).every(saysNothing));

/** In a query every value is text. */
const isDefault = (value: unknown, fallback: string | boolean | null): boolean =>
  fallback !== null && (value === fallback || value === String(fallback));
