import { UsageError } from './failure.js';

/** Reads an option or argument that is a URL. Throws a sentence that begins with `subject`. */
export const httpUrl =
  (subject: string) =>
  (text: string): URL => {
    if (!/^https?:\/\//i.test(text) || !URL.canParse(text))
      throw new UsageError(`${subject} needs an http or https URL`);
    return new URL(text);
  };
