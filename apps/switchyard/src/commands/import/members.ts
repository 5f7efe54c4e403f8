/** An object of a configuration file. */
export type Members = Readonly<Record<string, unknown>>;

export const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);

export const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string');

export const isTextMembers = (value: unknown): value is Readonly<Record<string, string>> =>
  isMembers(value) && Object.values(value).every((member) => typeof member === 'string');
