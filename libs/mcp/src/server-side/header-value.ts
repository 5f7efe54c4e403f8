/** HTTP headers, names in lower case. */
export type HeaderBag = Readonly<Record<string, string | readonly string[] | undefined>>;

/** A header's value without the whitespace around it; absent when it came more than once. */
export const singleHeaderValue = (headers: HeaderBag, name: string): string | undefined => {
  const value = headers[name];
  return typeof value === 'string' ? value.trim() : undefined;
};
