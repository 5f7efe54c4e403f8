import { isDeepStrictEqual } from 'node:util';
import { fail } from '#libs/errors';

/**
 * For bodies that may say the same thing outside a wrapper and in it. Throws `http.invalid` where they say different
 * things: neither may win without a word, since the one that loses may be the one that keeps others out.
 */
export const assertAgree = (outer: object, inner: object): void => {
  const said = inner as Readonly<Record<string, unknown>>;
  for (const [name, value] of Object.entries(outer)) {
    const isSaidTwice = value !== undefined && value !== null && said[name] !== undefined && said[name] !== null;
    if (isSaidTwice && !isDeepStrictEqual(value, said[name])) {
      throw fail('http.invalid', {
        message: `${name} is given twice, and differs`,
        data: { errors: [{ field: name, message: 'is given twice, and differs' }] },
      });
    }
  }
};
