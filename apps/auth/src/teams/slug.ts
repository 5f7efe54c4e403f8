const CHARS_MAX = 255;

/** The name as it can stand in a URL: lower case, a dash for all else; `null` where nothing is left. */
export const slugOf = (name: string): string | null => {
  const slug = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .slice(0, CHARS_MAX)
    .replace(/^-+|-+$/g, '');
  return slug === '' ? null : slug;
};
