/** An object of a configuration file. */
export type Members = Readonly<Record<string, unknown>>;

export const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);

export const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string');

export const isTextMembers = (value: unknown): value is Readonly<Record<string, string>> =>
  isMembers(value) && Object.values(value).every((member) => typeof member === 'string');

const textOf = (value: unknown): string | null | undefined => {
  if (typeof value === 'string' || value === null) return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
};

/** The members as texts: numbers and flags as they are written, `null` for none. Undefined where one has no text. */
export const asTexts = (value: unknown): Readonly<Record<string, string | null>> | undefined => {
  if (!isMembers(value)) return undefined;
  const texts = Object.entries(value).map(([key, member]) => [key, textOf(member)] as const);
  return texts.every(([, text]) => text !== undefined)
    ? (Object.fromEntries(texts) as Readonly<Record<string, string | null>>)
    : undefined;
};
