import { ValidateBy, type ValidationOptions } from 'class-validator';

/** Text within a length and without control characters: PostgreSQL takes no U+0000, and nobody can see the others. */
export const IsPlainText = (
  lengthMax: number,
  options?: ValidationOptions & { lengthMin?: number },
): PropertyDecorator =>
  ValidateBy(
    {
      name: 'isPlainText',
      validator: {
        validate: (value: unknown) =>
          typeof value === 'string' &&
          value.length >= (options?.lengthMin ?? 0) &&
          value.length <= lengthMax &&
          !/[^\P{C}\t\n\r]/u.test(value),
        defaultMessage: () =>
          `${options?.each === true ? 'each value of ' : ''}$property must be text of at most ${lengthMax} characters, none of them invisible`,
      },
    },
    options,
  );
