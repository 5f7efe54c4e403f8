import { ValidateBy } from 'class-validator';

/** The beginning of an element, its end, a comment or a declaration of HTML. */
const MARKUP = /<[a-z!/?]/i;

/** For names: they are shown in pages, also by others. */
export const HasNoMarkup = (): PropertyDecorator =>
  ValidateBy({
    name: 'hasNoMarkup',
    validator: {
      validate: (value: unknown) => typeof value !== 'string' || !MARKUP.test(value),
      defaultMessage: () => '$property must hold no markup',
    },
  });
