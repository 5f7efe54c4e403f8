/**
 * A pattern of PostgreSQL for an e-mail address within any text, also within JSON, where an escape may stand before it, and within a URL: at
 * the end of a sentence too, and no longer one that ends or begins with it. Null for a name that is no address, which may be an ordinary
 * word. To be compared without regard to case.
 */
export const addressPattern = (name: string): string | null => {
  if (!name.includes('@')) return null;
  const quoted = JSON.stringify(name)
    .slice(1, -1)
    .replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll('@', '(@|%40)');
  return String.raw`(^|[^a-z0-9._%+-]|\\[bfnrt]|\\u[0-9a-f]{4}|%[0-9a-f]{2})${quoted}[.-]*($|[^a-z0-9.-])`;
};
