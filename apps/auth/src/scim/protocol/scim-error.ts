/** Detail of an error as RFC 7644 3.12 names it. */
export type ScimType =
  | 'invalidFilter'
  | 'tooMany'
  | 'uniqueness'
  | 'mutability'
  | 'invalidSyntax'
  | 'invalidPath'
  | 'noTarget'
  | 'invalidValue';

/** A request that cannot be done, in the words of SCIM. */
export class ScimError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly scimType?: ScimType,
  ) {
    super(message);
  }
}

export const notFound = (): ScimError => new ScimError(404, 'There is no such resource');

export const invalid = (message: string, scimType: ScimType = 'invalidValue'): ScimError =>
  new ScimError(400, message, scimType);
