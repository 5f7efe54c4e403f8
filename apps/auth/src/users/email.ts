import { isEmail } from 'class-validator';
import { fail } from '#libs/errors';

/** The e-mail of a command line, as users are kept: lower case. Throws `config.invalid` for anything else. */
export const parseEmail = (text: string | undefined): string => {
  if (text === undefined || !isEmail(text, { require_tld: false })) {
    throw fail('config.invalid', {
      message: `--user must be an e-mail address${text === undefined ? '' : `, not "${text}"`}`,
    });
  }
  return text.toLowerCase();
};
