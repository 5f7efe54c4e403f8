import type { IssuerRule } from '#contracts/auth/trusted-issuers';
import { isRecord } from './claims.js';

/** What somebody else says of a user, by name. */
export type Claims = Readonly<Record<string, unknown>>;

/** The rules that hold for a user of whom this is said. */
export const matchingRules = <Rule extends Pick<IssuerRule, 'claim' | 'value'>>(
  claims: Claims,
  rules: readonly Rule[],
): readonly Rule[] => rules.filter((rule) => valuesOf(claims, rule.claim).includes(bare(rule.value)));

/** A claim by its name, or by a path with dots; a name that has dots itself comes before a path. */
export const claimOf = (claims: Claims, path: string): unknown => {
  if (Object.hasOwn(claims, path)) return claims[path];
  let value: unknown = claims;
  for (const name of path.split('.')) {
    if (!isRecord(value) || !Object.hasOwn(value, name)) return undefined;
    value = value[name];
  }
  return value;
};

/** Some issuers write groups as paths. */
const bare = (value: string): string => value.replace(/^\//, '');

const valuesOf = (claims: Claims, claim: string): readonly string[] => {
  const value = claimOf(claims, claim);
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  return values.filter((item) => typeof item === 'string').map(bare);
};
