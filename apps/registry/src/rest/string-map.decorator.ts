import { ValidateBy } from 'class-validator';

const MEMBERS_MAX = 1_000;
const LENGTH_MAX = 8_192;

/** An object whose values are short texts. */
export const IsStringMap = (): PropertyDecorator =>
  ValidateBy({
    name: 'isStringMap',
    validator: {
      validate: (value: unknown) =>
        typeof value === 'object' &&
        value !== null &&
        Object.keys(value).length <= MEMBERS_MAX &&
        Object.values(value).every((text) => typeof text === 'string' && text.length <= LENGTH_MAX),
      defaultMessage: () => `$property must be an object of at most ${MEMBERS_MAX} texts`,
    },
  });
